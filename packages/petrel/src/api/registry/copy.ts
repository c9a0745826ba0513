/** Private copies of JSON values, and values that nobody can change any more. */

/** A deep copy of plain JSON data; `undefined` members are left out. */
export function copy<T>(value: T): T {
  return copyValue(value) as T
}

function copyValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const list = new Array<unknown>(value.length)
    for (let i = 0; i < value.length; i++) list[i] = copyValue(value[i])
    return list
  }
  const object: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key]
    if (member === undefined) continue
    if (key === '__proto__')
      Object.defineProperty(object, key, {
        value: copyValue(member),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    else object[key] = copyValue(member)
  }
  return object
}

/** Freezes the value and all that it holds. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const key of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[key])
  return value
}
