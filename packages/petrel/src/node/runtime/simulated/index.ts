export { exitCodeAnnotation, runSecondsAnnotation } from './lifetime.ts'
export { createSimulatedRuntime, type SimulatedRuntimeOptions } from './runtime.ts'
