/**
 * Every active namespace has a ConfigMap `kube-root-ca.crt` with the authority that signed the API server's
 * certificate, and it says nothing else (pkg/controller/certificates/rootcacertpublisher).
 */
import { configMaps, namespaces } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { sameJson } from '../../client/index.ts'
import { type Controller, defineController, watch } from '../define-controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'

const rootCaConfigMapName = 'kube-root-ca.crt'
const descriptionAnnotation = 'kubernetes.io/description'
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/** Keys are names of namespaces. */
export function rootCaPublisher(rootCa: string): Controller {
  const data = { 'ca.crt': rootCa }
  return defineController({
    name: 'root-ca-certificate-publisher',
    watches: [
      watch(namespaces, { when: change => change.type !== 'delete' }),
      watch(configMaps, {
        keys: configMap => [configMap.metadata?.namespace ?? ''],
        when: change => change.type !== 'add' && change.object.metadata?.name === rootCaConfigMapName,
      }),
    ],
    async reconcile(namespace, context) {
      if (context.informer(namespaces).get({ name: namespace })?.status?.phase !== 'Active') return undefined
      const current = context.informer(configMaps).get({ namespace, name: rootCaConfigMapName })
      if (!current) {
        const metadata = { namespace, name: rootCaConfigMapName, annotations: { [descriptionAnnotation]: description } }
        try {
          await context.client.create(configMaps, { metadata, data })
        } catch (error) {
          // AlreadyExists: the cache is behind, and what exists is looked at when it gets there.
          if (!isStatus(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error
        }
        return undefined
      }
      const { annotations } = current.metadata ?? {}
      if (sameJson(current.data, data) && annotations?.[descriptionAnnotation]) return undefined
      await context.client.update(configMaps, {
        ...current,
        metadata: { ...current.metadata, annotations: { ...annotations, [descriptionAnnotation]: description } },
        data,
      })
      return undefined
    },
  })
}
