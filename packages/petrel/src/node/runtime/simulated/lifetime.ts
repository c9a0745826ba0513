/**
 * How long a simulated container runs and how it ends. Nothing in CRI says what a container is for, so the agent marks
 * those that should end (`runsToCompletion`), and a pod's author may say more in annotations of the pod.
 */
import { type ContainerConfig, type PodSandboxConfig, runsToCompletion } from '../index.ts'

/** Seconds, fractions allowed; also ends containers that would run until they are stopped. */
export const runSecondsAnnotation = 'petrel.dev/simulated-run-seconds'
/** 0 to 255. */
export const exitCodeAnnotation = 'petrel.dev/simulated-exit-code'

export interface Lifespan {
  readonly runMs: number
  readonly exitCode: number
}

export type LifetimeOf = (container: ContainerConfig, pod: PodSandboxConfig) => Lifespan | undefined

/** What a container does that has only to be seen running. */
const defaultRunMs = 1_000

/** Undefined runs until it is stopped. */
export const annotatedLifetime: LifetimeOf = (container, { annotations, labels }) => {
  const seconds = annotations[runSecondsAnnotation]
  const asked = seconds !== undefined && Number(seconds) >= 0 ? Number(seconds) * 1000 : undefined
  const ends =
    container.annotations[runsToCompletion] === 'true' || labels['batch.kubernetes.io/job-name'] !== undefined
  if (asked === undefined && !ends) return undefined
  const exitCode = Number(annotations[exitCodeAnnotation] ?? 0)
  return {
    runMs: asked ?? defaultRunMs,
    exitCode: Number.isInteger(exitCode) && exitCode >= 0 && exitCode < 256 ? exitCode : 1,
  }
}
