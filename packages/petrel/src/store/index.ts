export type {
  AppendResult,
  Entry,
  RangeOptions,
  RangeResult,
  Revision,
  Store,
  StoreEvent,
  StoreHealth,
  StoreOptions,
  Watch,
  WatchSink,
  Write,
} from './contract.ts'
export {
  CompactedError,
  ConflictError,
  FutureRevisionError,
  StoreBrokenError,
  StoreBusyError,
  StoreFullError,
} from './errors.ts'
export { openMemoryStore } from './memory-store.ts'
export type { SalvageReport } from './sqlite-messages.ts'
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'
