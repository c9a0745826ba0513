export { type ReadLogOptions, readLog } from './read-log.ts'
export { selectLog } from './select-log.ts'
export type { LogQuery } from './selection.ts'
