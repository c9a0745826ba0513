/** Files that the node writes into volumes: keys of config maps and secrets, and fields of the pod. */
import type { DownwardAPIVolumeFile, KeyToPath } from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateFileMode, validateNonReservedPath } from '../field-rules.ts'
import { fileFields, validateFieldSelector, validateResourceFieldSelector } from './downward-fields.ts'

export function validateKeysToPaths(items: readonly KeyToPath[] | undefined, path: string, errors: FieldErrors): void {
  for (const [i, item] of (items ?? []).entries()) {
    const at = `${path}[${i}]`
    if (!item.key) errors.required(`${at}.key`)
    if (!item.path) errors.required(`${at}.path`)
    validateNonReservedPath(item.path, `${at}.path`, errors)
    validateFileMode(item.mode, `${at}.mode`, errors)
  }
}

/** As upstream, faults of a file are told of the volume: `path` has no index. */
export function validateDownwardFile(file: DownwardAPIVolumeFile, path: string, errors: FieldErrors): void {
  if (!file.path) errors.required(`${path}.path`)
  validateNonReservedPath(file.path, `${path}.path`, errors)
  if (file.fieldRef) {
    validateFieldSelector(file.fieldRef, fileFields, `${path}.fieldRef`, errors)
    if (file.resourceFieldRef) {
      errors.invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')
    }
  } else if (file.resourceFieldRef) {
    validateResourceFieldSelector(file.resourceFieldRef, true, `${path}.resourceFieldRef`, errors)
  } else errors.required(path, 'one of fieldRef and resourceFieldRef is required')
  validateFileMode(file.mode, `${path}.mode`, errors)
}
