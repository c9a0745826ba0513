/** The maker for tests: the log without a disk. A write is durable at once, that is in the next microtask. */
import type { Store, StoreOptions } from './contract.ts'
import { LogStore, newState } from './log-store.ts'
import type { Medium } from './medium.ts'

export function openMemoryStore(options: StoreOptions = {}): Store {
  return new LogStore(newState(options, false), new Nowhere(), 0, options)
}

class Nowhere implements Medium {
  readonly diskBytes = 0
  onLost: ((error: Error) => void) | undefined

  write(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
