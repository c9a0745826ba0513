export * from './admissionregistration/index.ts'
export * from './apiextensions/index.ts'
export * from './apiregistration/index.ts'
export * from './apiserverinternal/index.ts'
export * from './apps/index.ts'
export * from './authentication/index.ts'
export * from './authorization/index.ts'
export * from './autoscaling/index.ts'
export * from './batch/index.ts'
export { builtinKinds, kindByKind, kindByPlural } from './builtin.ts'
export * from './certificates/index.ts'
export * from './coordination/index.ts'
export {
  bindings,
  componentStatuses,
  configMaps,
  describeDifference,
  endpoints,
  ephemeralContainersView,
  events,
  limitRanges,
  namespaceFinalizeView,
  namespaces,
  nodes,
  type PodSummary,
  type PodView,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  type QosClass,
  qosClass,
  replicationControllers,
  resizeView,
  resourceQuotas,
  secrets,
  semanticEqual,
  serviceAccounts,
  services,
  summarizePod,
  validateBinding,
} from './core/index.ts'
export { allVerbs, defineKind, type KindDeclaration } from './define-kind.ts'
export * from './discovery/index.ts'
export * from './events/index.ts'
export * from './flowcontrol/index.ts'
export type {
  Kind,
  KubeObject,
  ObjectList,
  OtherSubresource,
  Resource,
  ScaleSubresource,
  SelectableFields,
  StatusSubresource,
  Strategy,
  StrategyContext,
  Subresources,
  Verb,
} from './kind.ts'
export * from './networking/index.ts'
export * from './node/index.ts'
export * from './policy/index.ts'
export * from './rbac/index.ts'
export { type KindRegistry, kindRegistry } from './registry.ts'
export * from './resource/index.ts'
export * from './scheduling/index.ts'
export * from './storage/index.ts'
export * from './storagemigration/index.ts'
