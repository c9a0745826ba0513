/** The kinds of core/v1, as kube-apiserver serves them under /api/v1. */
import type { Kind } from '../kind.ts'
import { bindings } from './binding.ts'
import { componentStatuses } from './component-status.ts'
import { configMaps } from './config-map.ts'
import { endpoints } from './endpoints.ts'
import { events } from './event.ts'
import { limitRanges } from './limit-range.ts'
import { namespaces } from './namespace.ts'
import { nodes } from './node/index.ts'
import { persistentVolumes } from './persistent-volume.ts'
import { persistentVolumeClaims } from './persistent-volume-claim.ts'
import { pods } from './pod/index.ts'
import { podTemplates } from './pod-template.ts'
import { replicationControllers } from './replication-controller.ts'
import { resourceQuotas } from './resource-quota.ts'
import { secrets } from './secret.ts'
import { services } from './service/index.ts'
import { serviceAccounts } from './service-account.ts'

export const coreKinds: readonly Kind[] = [
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
]

export { validateBinding } from './binding.ts'
export { setClaimSpecDefaults, validateClaimSpec } from './claim-spec.ts'
export { validateEndpointIp } from './endpoint-ip.ts'
export {
  invalidEach,
  protocols,
  validateChoice,
  validateDnsLabel,
  validateIp,
  validateOptionalChoice,
} from './field-rules.ts'
export { namespaceFinalizeView } from './namespace.ts'
export { ephemeralContainersView, type PodSummary, type PodView, resizeView, summarizePod } from './pod/index.ts'
export {
  formatLabels,
  podSpecWarnings,
  type QosClass,
  qosClass,
  setPodTemplateDefaults,
  templateColumns,
  validatePodTemplateSpec,
  validateReplicatedTemplate,
} from './pod-spec/index.ts'
export { describeDifference, semanticEqual } from './semantic-equality.ts'
export {
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
}
