/** What the suite's scenarios are written in: a store to open, writes, and the text of an entry. */
import type { TestContext } from 'node:test'
import type { Entry, Store, StoreOptions, Write } from './contract.ts'

/** Opens an empty store that is closed, and its files removed, when the test ends. */
export type OpenStore = (t: TestContext, options?: StoreOptions) => Promise<Store>

export function put(key: string, value = key, more: Partial<Write> = {}): Write {
  return { key, value: Buffer.from(value), ...more }
}

export function remove(key: string, more: Partial<Write> = {}): Write {
  return { key, value: undefined, ...more }
}

export function text(entry: Entry | undefined): string | undefined {
  return entry && Buffer.from(entry.value).toString()
}
