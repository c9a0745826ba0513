/** A body that does not fit its schema, in the words that Go's decoders and the types' own UnmarshalJSON use. */
export class DecodeError extends TypeError {
  override readonly name = 'DecodeError'
}

/** encoding/json stops at 10,000; a tenth of it is still more than anybody nests, and safe to walk recursively. */
export const maxDepth = 1_000

export const tooDeep = (): DecodeError => new DecodeError('json: exceeded max depth')

/** What JSON calls the value: the word that encoding/json puts into a type fault. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'object':
      return value === null ? 'null' : 'object'
    default:
      return typeof value
  }
}
