/** DefaultIngressClass (plugin/pkg/admission/network/defaultingressclass): an ingress that names no class gets the default one. */
import type { Ingress } from '@petrel/machinery/api/networking-v1'
import { ingressClasses } from '@petrel/machinery/kinds'
import type { AdmissionPlugin, ObjectReader } from '../contract.ts'
import { defaultClassName } from './default-class.ts'
import { concerns } from './refuse.ts'

export function defaultIngressClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    admit(request) {
      if (!concerns(request, 'ingresses.networking.k8s.io', 'CREATE')) return
      const ingress = request.object as Ingress
      if (ingress.spec?.ingressClassName !== undefined) return
      if (ingress.metadata?.annotations?.['kubernetes.io/ingress.class'] !== undefined) return
      const name = defaultClassName(reader.list(ingressClasses, ''), 'ingressclass.kubernetes.io/is-default-class')
      if (name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: name }
    },
  }
}
