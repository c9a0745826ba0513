export {
  type Agent,
  type AgentOptions,
  type NodeDescription,
  ownPodSource,
  type PodSource,
  sharedPodSource,
  startAgent,
} from './agent/index.ts'
export { ImageStore } from './image/index.ts'
export { describeMachine, type MachineDescription, machineName } from './machine.ts'
export {
  BridgeNetwork,
  ClusterZone,
  DnsForwarder,
  DnsServer,
  resolversOf,
  ServiceProxy,
  whyNoPodNetwork,
} from './network/index.ts'
export type { Image, Runtime } from './runtime/index.ts'
export { openProcessRuntime, type ProcessRuntime } from './runtime/process/index.ts'
export { createSimulatedRuntime } from './runtime/simulated/index.ts'
export { createNodeServer, type NodeListener, type NodeServer } from './server/index.ts'
