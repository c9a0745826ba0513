/**
 * Copying and freezing of JSON-shaped data. What a Client returns is frozen, because in-process it is the very object
 * that every other reader holds; whoever wants to change it takes a draft.
 */

/** A deep copy that the caller owns and may change. Takes JSON-shaped data: no cycles, no class instances. */
export function draft<T>(value: T): T {
  return copy(value) as T
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = new Array<unknown>(value.length)
    for (let i = 0; i < value.length; i++) items[i] = copy(value[i])
    return items
  }
  const fields: Record<string, unknown> = {}
  const source = value as Record<string, unknown>
  for (const name of Object.keys(source)) {
    // A key of this name, assigned, would set the prototype instead of a field.
    if (name === '__proto__')
      Object.defineProperty(fields, name, {
        value: copy(source[name]),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    else fields[name] = copy(source[name])
  }
  return fields
}

/** Freezes in depth and returns the same value. Parts that are frozen already are taken to be so in depth. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
  return value
}

/** True when both are the same JSON: fields in any order, undefined fields as if absent (equality.Semantic.DeepEqual). */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, i) => sameJson(item, b[i]))
  }
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  for (const name of Object.keys(left)) if (!sameJson(left[name], right[name])) return false
  for (const name of Object.keys(right)) if (left[name] === undefined && right[name] !== undefined) return false
  return true
}
