export type { Column } from './column.ts'
export { humanDuration, timeSince, timeUntil } from './duration.ts'
export { ageColumn, nameAndAge, nameAndCreation, nameColumn } from './metadata-columns.ts'
