/** Waits until everything that was applied is ready, reporting each change on the way. */
import type { KubeObject } from '@petrel/machinery/kinds'
import { type Clock, sleep } from '../../base/index.ts'
import type { Client } from '../../client/index.ts'
import type { Applied } from './apply.ts'
import { type Readiness, readinessOf } from './readiness.ts'

export interface Waiting {
  readonly kind: string
  readonly name: string
  readonly readiness: Readiness
}

export interface WaitOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Called at first and whenever the words of one changed. */
  onProgress(all: readonly Waiting[]): void
}

const pollMs = 100

/** Resolves with what is still not ready at the end: nothing when all is well. */
export async function waitUntilReady(
  client: Client,
  applied: readonly Applied[],
  options: WaitOptions,
): Promise<Waiting[]> {
  const { clock, timeoutMs, signal, onProgress } = options
  const end = clock.monotonic() + timeoutMs
  const watched = applied.filter(({ object }) => readinessOf({ ...object, kind: object.kind ?? '' }).state !== 'ready')
  let shown = ''
  for (;;) {
    const all: Waiting[] = await Promise.all(
      watched.map(async ({ resource, object }) => {
        const { namespace, name = '' } = object.metadata ?? {}
        const current: KubeObject = await client.get(resource, { namespace, name })
        return { kind: resource.kind, name, readiness: readinessOf({ ...current, kind: resource.kind }) }
      }),
    )
    const words = JSON.stringify(all)
    if (words !== shown) {
      shown = words
      onProgress(all)
    }
    const open = all.filter(({ readiness }) => readiness.state !== 'ready')
    const given = open.some(({ readiness }) => readiness.state === 'failed') || clock.monotonic() >= end
    if (open.length === 0 || given) return open
    await sleep(clock, pollMs, signal)
  }
}
