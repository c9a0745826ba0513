/**
 * NamespaceLifecycle (k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle): nothing is written into a namespace
 * that does not exist, nothing new into one that is going, and the system's own namespaces stay.
 */

import { namespaces } from '@petrel/machinery/kinds'
import { forbidden, notFound, StatusError } from '@petrel/machinery/status'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../contract.ts'
import { refuse, resourceOf } from './refuse.ts'

const immortal = ['default', 'kube-system', 'kube-public']

export function namespaceLifecycle(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    admit(request) {
      const resource = resourceOf(request)
      if (resource === 'namespaces') {
        if (request.operation !== 'DELETE' || !immortal.includes(request.name)) return
        throw forbidden(namespaces, request.name, 'this namespace may not be deleted')
      }
      if (request.namespace === '' || request.operation === 'DELETE') return
      // An answer would tell whether the namespace exists.
      if (resource === 'localsubjectaccessreviews.authorization.k8s.io') return
      const namespace = reader.get(namespaces, '', request.namespace)
      if (!namespace) throw notFound(namespaces, request.namespace)
      const isTerminating =
        namespace.status?.phase === 'Terminating' || namespace.metadata?.deletionTimestamp !== undefined
      if (request.operation === 'CREATE' && isTerminating) throw terminating(request)
    },
  }
}

function terminating(request: AdmissionRequest): StatusError {
  const { namespace } = request
  const { status } = refuse(
    request,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  )
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  return new StatusError({ ...status, details: { ...status.details, causes: [cause] } })
}
