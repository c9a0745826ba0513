/** The kinds of storagemigration.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { storageVersionMigrations } from './storage-version-migration.ts'

export const storagemigrationKinds: readonly Kind[] = [storageVersionMigrations]

export { storageVersionMigrations }
