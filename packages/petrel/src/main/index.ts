/**
 * The library: a cluster for tests, and what our own loops are made of, for controllers on any Kubernetes.
 * `import { startCluster } from 'petrel'`
 */
export {
  type Client,
  createInformers,
  draft,
  httpClient,
  type Informer,
  lead,
  loadKubeconfig,
} from '../client/index.ts'
export {
  type Controller,
  type ControllerContext,
  controllerOf,
  defineController,
  startControllers,
  watch,
} from '../control/index.ts'
export { type Cluster, type ClusterOptions, startCluster } from './start-cluster.ts'
