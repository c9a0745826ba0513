/**
 * JSON patch, RFC 6902, on Kubernetes objects. All operations or none. The errors and two habits of upstream's library
 * (gopkg.in/evanphx/json-patch.v4) are kept: negative array indices count from the end, and `replace` may add.
 */
import { tooLarge } from '../status/index.ts'
import { cloneJson, equalJson, getField, isObject, type JsonObject, setField } from './json-value.ts'
import { malformed, unprocessable } from './patch-errors.ts'

/** apiserver's maxJSONPatchOperations. */
const maxOperations = 10_000
/** What `copy` may add in all, in characters of JSON: as much as a request body. */
const maxCopied = 3 * 1024 * 1024

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

type Container = JsonObject | unknown[]

/** The patched copy. Throws 400 for what is no patch, 413 for too many operations, 422 when one does not apply. */
export function applyJsonPatch(document: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch)) throw malformed('error decoding patch: the patch is not a list of operations')
  if (patch.length > maxOperations) {
    const limit = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`
    throw tooLarge(`Request entity too large: ${limit}`)
  }
  const state: State = { root: cloneJson(document), copied: 0 }
  for (const operation of patch) apply(state, operation)
  if (!isObject(state.root)) throw unprocessable('the patched document is not an object')
  return state.root
}

interface State {
  root: unknown
  copied: number
}

function apply(state: State, operation: unknown): void {
  if (!isObject(operation)) throw malformed('error decoding patch: an operation is not an object')
  const op = getField(operation, 'op')
  switch (op) {
    case 'add':
      add(state, op, path(operation, op), newValue(operation, op))
      return
    case 'remove':
      remove(state, op, path(operation, op))
      return
    case 'replace':
      replace(state, path(operation, op), newValue(operation, op))
      return
    case 'move': {
      const from = source(operation, op)
      add(state, op, path(operation, op), remove(state, op, from))
      return
    }
    case 'copy': {
      const value = read(state, op, source(operation, op))
      state.copied += JSON.stringify(value)?.length ?? 0
      if (state.copied > maxCopied) {
        throw unprocessable(
          `Unable to complete the copy, the accumulated size increase of copy is ${state.copied}, exceeding the limit ${maxCopied}`,
        )
      }
      add(state, op, path(operation, op), cloneJson(value))
      return
    }
    case 'test': {
      const at = path(operation, op)
      // An absent value tests for null, as upstream.
      if (!equalJson(read(state, op, at) ?? null, getField(operation, 'value') ?? null)) {
        throw unprocessable(`testing value ${at} failed: test failed`)
      }
      return
    }
    default:
      throw unprocessable(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`)
  }
}

function path(operation: JsonObject, op: string): string {
  const value = getField(operation, 'path')
  if (typeof value === 'string') return value
  throw unprocessable(`${op} operation failed to decode path: missing value`)
}

function source(operation: JsonObject, op: string): string {
  const value = getField(operation, 'from')
  if (typeof value === 'string') return value
  throw unprocessable(`${op} operation failed to decode from: operation, missing from field: missing value`)
}

/** RFC 6902 §4.1, §4.3: `value` is a must, null is a value. */
function newValue(operation: JsonObject, op: string): unknown {
  if (Object.hasOwn(operation, 'value')) return cloneJson(operation['value'])
  throw unprocessable(`${op} operation failed: operation, missing value field: missing value`)
}

/** RFC 6901 §3 and §4. Undefined when the pointer does not start with a slash. */
function tokens(pointer: string): string[] | undefined {
  if (!pointer.startsWith('/')) return undefined
  return pointer
    .slice(1)
    .split('/')
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The container that holds the last token, and that token. */
function find(state: State, pointer: string): { container: Container; key: string } | undefined {
  const parts = tokens(pointer)
  const key = parts?.pop()
  if (!parts || key === undefined) return undefined
  let at: unknown = state.root
  for (const part of parts) at = child(at, part)
  return isObject(at) || Array.isArray(at) ? { container: at, key } : undefined
}

function child(container: unknown, key: string): unknown {
  if (isObject(container)) return getField(container, key)
  if (!Array.isArray(container) || !/^-?[0-9]+$/.test(key)) return undefined
  return container.at(Number(key))
}

function missing(op: string, pointer: string): Error {
  const quoted = op === 'add' || op === 'remove' ? `"${pointer}"` : pointer
  return unprocessable(`${op} operation does not apply: doc is missing path: ${quoted}: missing value`)
}

/** Of an element that exists, or of the place after the last when `mayAppend`. */
function index(list: readonly unknown[], key: string, mayAppend: boolean, why: string): number {
  if (!/^-?[0-9]+$/.test(key)) {
    throw unprocessable(`${why}: value was not a proper array index: '${key}'`)
  }
  const size = mayAppend ? list.length + 1 : list.length
  const given = Number(key)
  const at = given < 0 ? given + size : given
  if (at < 0 || at >= size) {
    throw unprocessable(`${why}: Unable to access invalid index: ${given}: invalid index referenced`)
  }
  return at
}

function add(state: State, op: string, pointer: string, value: unknown): void {
  if (pointer === '') {
    state.root = value
    return
  }
  const found = find(state, pointer)
  if (!found) throw missing(op, pointer)
  const { container, key } = found
  if (!Array.isArray(container)) setField(container, key, value)
  else if (key === '-') container.push(value)
  else container.splice(index(container, key, true, `error in ${op} for path: '${pointer}'`), 0, value)
}

function remove(state: State, op: string, pointer: string): unknown {
  const value = read(state, op, pointer)
  const found = find(state, pointer)
  if (!found) throw missing(op, pointer)
  const { container, key } = found
  if (Array.isArray(container))
    container.splice(index(container, key, false, `error in ${op} for path: '${pointer}'`), 1)
  else delete container[key]
  return value
}

/** A member that is not there is added: RFC 6902 §4.3 forbids it, but upstream's library has always done so. */
function replace(state: State, pointer: string, value: unknown): void {
  if (pointer === '') {
    state.root = value
    return
  }
  const found = find(state, pointer)
  if (!found) throw missing('replace', pointer)
  const { container, key } = found
  if (Array.isArray(container)) {
    container[index(container, key, false, `error in replace for path: '${pointer}'`)] = value
  } else setField(container, key, value)
}

/** The value at a place that must exist, but for `test`, which takes an absent field for null. */
function read(state: State, op: string, pointer: string): unknown {
  if (pointer === '') return state.root
  const found = find(state, pointer)
  if (!found) throw missing(op, pointer)
  const { container, key } = found
  if (Array.isArray(container)) return container[index(container, key, false, `error in ${op} for path: '${pointer}'`)]
  if (Object.hasOwn(container, key) || op === 'test') return getField(container, key)
  throw unprocessable(
    op === 'remove'
      ? `error in remove for path: '${pointer}': Unable to remove nonexistent key: ${key}: missing value`
      : `error in ${op} for path: '${pointer}': key ${key} does not exist: missing value`,
  )
}
