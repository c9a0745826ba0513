export type { LogLimits } from './cri-log.ts'
export type { Isolation, IsolationLevel } from './isolation.ts'
export { openProcessRuntime, type ProcessRuntime, type ProcessRuntimeOptions } from './runtime.ts'
