export type { Column } from './column.ts'
export { humanDuration, timeSince, timeUntil } from './duration.ts'
export { ageColumn, nameAndAge, nameColumn } from './metadata-columns.ts'
