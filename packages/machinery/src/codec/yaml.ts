/**
 * YAML bodies as kubectl and the API server read them: YAML 1.1 (`yes` is true, `0644` is octal), one document, string keys.
 * The library is loaded when the first YAML arrives. Aliases may be used 100 times a document, which disarms bombs.
 */
import { DecodeError } from '../schema/index.ts'
import { decodeText } from './json.ts'

const maxAliases = 100

/** The JSON value of one document. Throws DecodeError. */
export async function decodeYaml(body: string | Uint8Array): Promise<unknown> {
  const text = typeof body === 'string' ? body : decodeText(body)
  const { parseAllDocuments, visit } = await import('yaml')
  const options = {
    version: '1.1',
    logLevel: 'silent',
    prettyErrors: false,
    customTags: asGoReads,
    intAsBigInt: true,
    // The library compares each key with all before it; uniqueKeys() below looks each up once.
    uniqueKeys: false,
  } as const
  const documents = guard(() => parseAllDocuments(text, options))
  if (!Array.isArray(documents) || documents.length === 0) return null
  if (documents.length > 1)
    throw new DecodeError('error converting YAML to JSON: a body holds one document, this has more')
  const document = documents[0]!
  const error = document.errors[0]
  if (error !== undefined) {
    const line = error.linePos?.[0].line ?? text.slice(0, error.pos[0]).split('\n').length
    throw new DecodeError(`error converting YAML to JSON: yaml: line ${line}: ${error.message}`, { cause: error })
  }
  guard(() => visit(document, { Map: (_key, map) => uniqueKeys(map.items, text) }))
  return guard(() => plain(document.toJS({ maxAliasCount: maxAliases, mapAsMap: true }), 0))
}

/** YAML text of an object, in the order of its fields. */
export async function encodeYaml(object: unknown): Promise<string> {
  const { stringify } = await import('yaml')
  return stringify(object, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 })
}

interface Tag {
  readonly tag?: string
  readonly format?: string
}

/** Timestamps, binaries and numbers in base 60 stay the strings they are: go-yaml makes none of them. */
function asGoReads<T extends Tag | string>(tags: T[]): T[] {
  return tags.filter(tag => {
    if (typeof tag === 'string') return true
    return tag.format !== 'TIME' && !/:(timestamp|binary|omap|pairs|set)$/.test(tag.tag ?? '')
  })
}

/** go-yaml refuses a key that is given twice. */
function uniqueKeys(pairs: readonly { readonly key: unknown }[], text: string): void {
  if (pairs.length < 2) return
  const seen = new Set<unknown>()
  for (const { key } of pairs) {
    const { value, range } = (key ?? {}) as { value?: unknown; range?: readonly number[] }
    // Collections as keys are refused later; `<<` may come again.
    if (value === undefined || value === '<<') continue
    if (seen.has(value)) {
      const line = text.slice(0, range?.[0] ?? 0).split('\n').length
      const shown = JSON.stringify(String(value))
      throw new DecodeError(
        `error converting YAML to JSON: yaml: unmarshal errors:\n  line ${line}: key ${shown} already set in map`,
      )
    }
    seen.add(value)
  }
}

function guard<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new DecodeError(`error converting YAML to JSON: yaml: ${message}`, { cause: error })
  }
}

const maxDepth = 1_000

/** Maps become objects; keys become strings as sigs.k8s.io/yaml makes them. */
function plain(value: unknown, depth: number): unknown {
  if (depth > maxDepth) throw new DecodeError('error converting YAML to JSON: yaml: exceeded max depth')
  if (Array.isArray(value)) return value.map(item => plain(item, depth + 1))
  if (value instanceof Map) {
    const object: Record<string, unknown> = {}
    for (const [key, item] of value) {
      Object.defineProperty(object, keyText(key), {
        value: plain(item, depth + 1),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
    return object
  }
  if (typeof value === 'bigint') {
    if (Number.isSafeInteger(Number(value))) return Number(value)
    throw new DecodeError(`error converting YAML to JSON: integer ${value} is beyond ±9007199254740991`)
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new DecodeError(`error converting YAML to JSON: json: unsupported value: ${value}`)
  }
  return value
}

function keyText(key: unknown): string {
  if (typeof key === 'string') return key
  if (typeof key === 'number' || typeof key === 'boolean' || typeof key === 'bigint') return String(key)
  if (key === null) return 'null'
  throw new DecodeError(
    'error converting YAML to JSON: yaml: invalid map key: a key is a string, a number or a boolean',
  )
}
