/** Reads a watch item by item, for tests. */
import type { StatusError } from '@petrel/machinery/status'
import type { WatchItem } from '../registry/change.ts'
import type { Answer, TestServer } from './start-server.ts'

export interface WatchReader {
  /** The items so far that nobody took, as `TYPE name revision`. */
  take(): string[]
  readonly items: readonly WatchItem[]
  /** Undefined while the watch is open; null for a clean end. */
  readonly ended: StatusError | null | undefined
  cancel(): void
}

/** Opens the watch that `target` asks for. Everything is synchronous: what was committed is here. */
export async function openWatch(server: TestServer, target: string): Promise<WatchReader & { answer: Answer }> {
  const answer = await server.call('GET', target)
  const { result } = answer
  if (result?.type !== 'watch') throw new TypeError(`Cannot watch ${target}: ${JSON.stringify(answer.body)}`)
  const items: WatchItem[] = []
  let taken = 0
  let ended: StatusError | null | undefined
  result.stream.start({
    items: batch => void items.push(...batch),
    end: error => {
      ended = error ?? null
    },
  })
  return {
    answer,
    items,
    get ended() {
      return ended
    },
    take() {
      const fresh = items.slice(taken)
      taken = items.length
      return fresh.map(
        ({ type, object }) => `${type} ${object.metadata?.name ?? '-'} ${object.metadata?.resourceVersion ?? ''}`,
      )
    },
    cancel: () => result.stream.cancel(),
  }
}
