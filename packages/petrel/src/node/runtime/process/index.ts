export { defaultLimits, type LogLimits } from './cri-log.ts'
export { detectIsolation, type Isolation, type IsolationLevel } from './isolation.ts'
export { openProcessRuntime, type ProcessRuntime, type ProcessRuntimeOptions } from './runtime.ts'
