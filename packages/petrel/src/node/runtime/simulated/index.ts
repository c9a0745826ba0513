export { exitCodeAnnotation, type Lifespan, type LifetimeOf, runSecondsAnnotation } from './lifetime.ts'
export { createSimulatedRuntime, type SimulatedRuntimeOptions } from './runtime.ts'
