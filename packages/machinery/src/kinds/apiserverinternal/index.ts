/** The kinds of internal.apiserver.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { storageVersions } from './storage-version.ts'

export const apiserverInternalKinds: readonly Kind[] = [storageVersions]

export { storageVersions }
