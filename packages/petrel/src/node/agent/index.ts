export { type Agent, type AgentOptions, startAgent } from './agent.ts'
export type { NodeDescription } from './node-object.ts'
export { ownPodSource, type PodSource, sharedPodSource } from './pod-source.ts'
