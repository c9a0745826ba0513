export { clusterRoleAggregationController } from './cluster-role-aggregation/index.ts'
export {
  type Change,
  type Controller,
  type ControllerContext,
  controllerOf,
  defineController,
  type Outcome,
  type Watch,
  type WatchRules,
  watch,
} from './define-controller.ts'
export { deploymentController } from './deployment/index.ts'
export { endpointSliceController } from './endpoint-slice/index.ts'
export { endpointsController } from './endpoints/index.ts'
export { garbageCollector } from './garbage-collector/index.ts'
export { jobController, jobOrphanPodController } from './job/index.ts'
export { namespaceController } from './namespace/index.ts'
export { type NodeLifecycleOptions, nodeLifecycleController } from './node-lifecycle/index.ts'
export { type PodGarbageOptions, podGarbageCollector } from './pod-garbage-collector/index.ts'
export { replicaSetController, replicationControllerController } from './replica-set/index.ts'
export { rootCaPublisher } from './root-ca-publisher/index.ts'
export { serviceAccountController } from './service-account/index.ts'
export {
  type ControllerStatus,
  type Reconciled,
  type RunningControllers,
  type StartOptions,
  startControllers,
} from './start-controllers.ts'
export { taintEvictionController } from './taint-eviction/index.ts'
export { ttlAfterFinishedController } from './ttl-after-finished/index.ts'
