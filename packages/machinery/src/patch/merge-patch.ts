/** JSON merge patch, RFC 7386: objects merge, null removes, everything else replaces. */
import { cloneJson, equalJson, getField, isObject, type JsonObject, setField } from './json-value.ts'
import { malformed } from './patch-errors.ts'

/** The patched copy of `document`. Throws a 400 when the patch is no object: a Kubernetes object has no other shape. */
export function applyMergePatch(document: JsonObject, patch: unknown): JsonObject {
  if (!isObject(patch)) throw malformed('Invalid JSON Patch')
  return merge(document, patch)
}

function merge(target: unknown, patch: JsonObject): JsonObject {
  const result: JsonObject = {}
  if (isObject(target)) {
    for (const key of Object.keys(target)) {
      if (!Object.hasOwn(patch, key)) setField(result, key, cloneJson(target[key]))
      else if (patch[key] !== null) setField(result, key, undefined)
    }
  }
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === null) continue
    const old = isObject(target) ? getField(target, key) : undefined
    setField(result, key, isObject(value) ? merge(old, value) : cloneJson(value))
  }
  return result
}

/**
 * The smallest merge patch that turns `from` into `to`; what `to` holds as null cannot be told from removal (RFC 7386
 * §1) and is left out.
 */
export function createMergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {}
  for (const key of Object.keys(from)) {
    if (getField(to, key) === undefined) setField(patch, key, null)
  }
  for (const key of Object.keys(to)) {
    const value = to[key]
    if (value === undefined || value === null) continue
    const old = getField(from, key)
    if (isObject(old) && isObject(value)) {
      const inner = createMergePatch(old, value)
      if (Object.keys(inner).length > 0) setField(patch, key, inner)
    } else if (!equalJson(old, value)) {
      setField(patch, key, cloneJson(value))
    }
  }
  return patch
}
