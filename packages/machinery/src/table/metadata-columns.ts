/**
 * Columns that most kinds share. Upstream keeps the words of a column beside it; here they come from the object's
 * metadata alone, so that they fit any kind.
 */
import type { Column } from './column.ts'
import { timeSince } from './duration.ts'

/** As much of an object as these columns read. */
interface WithMetadata {
  metadata?: { name?: string; creationTimestamp?: string | null }
}

/** `Name`, first in every table; kubectl marks it bold by its format. */
export const nameColumn: Column<WithMetadata> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  description: 'Name of the object, unique among those of its kind in its namespace.',
  cell: object => object.metadata?.name ?? '',
}

/** `Age`, since creation. */
export const ageColumn: Column<WithMetadata> = {
  name: 'Age',
  type: 'string',
  priority: 0,
  description: 'Time since the object was created.',
  cell: (object, now) => timeSince(object.metadata?.creationTimestamp, now),
}

/** `Created At`, a point in time: what upstream shows of kinds that it has no printer for. */
export const nameAndCreation: readonly Column<WithMetadata>[] = [
  nameColumn,
  {
    name: 'Created At',
    type: 'date',
    priority: 0,
    description: 'When the object was created.',
    cell: object => object.metadata?.creationTimestamp ?? '',
  },
]

/** What a kind without columns of its own shows. */
export const nameAndAge: readonly Column<WithMetadata>[] = [nameColumn, ageColumn]
