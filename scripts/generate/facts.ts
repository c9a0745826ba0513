/**
 * The facts about Kubernetes' messages that no npm package holds: protobuf field numbers, and whether a Go field is a
 * pointer and may be left out of JSON. Committed as text, one line a message, so that a change of version reads as a diff.
 *
 * A line is `marks` (`@` TypeMeta inline, `=` a Go slice under its own name, whose JSON form is the array, `%` an atomic map), then
 * fields joined by `; `, each `json-name number type flags key=value…`. Flags: `r` repeated, `p` pointer, `o` omitempty, `z` omitzero,
 * `i` inline, `-` none. Keys: `g` the Go type where the protobuf type does not tell it (error messages name it), `lt lk mt` list type,
 * list map keys and map type, `ps pk` patch strategy and merge key, `d` the default as JSON.
 */
export interface FieldFact {
  /** JSON name; for an inline field the protobuf name. */
  readonly name: string
  readonly number: number
  /** Scalar, `map<string,T>`, or a message: full name with a leading dot, or short within the package. */
  readonly type: string
  readonly repeated: boolean
  readonly pointer: boolean
  readonly omitEmpty: boolean
  readonly omitZero: boolean
  readonly inline: boolean
  /** By key. */
  readonly extras: Readonly<Partial<Record<ExtraKey, string>>>
}

export type ExtraKey = 'g' | 'lt' | 'lk' | 'mt' | 'ps' | 'pk' | 'd'

export interface MessageFact {
  readonly atomic: boolean
  readonly typeMeta: boolean
  readonly slice: boolean
  readonly fields: readonly FieldFact[]
}

/** Full message name, as `k8s.io.api.apps.v1.Deployment`, to its line. */
export type FactsFile = Readonly<Record<string, string>>

export function formatFact(message: MessageFact): string {
  const fields = message.fields.map(f => {
    const flags = [f.repeated && 'r', f.pointer && 'p', f.omitEmpty && 'o', f.omitZero && 'z', f.inline && 'i']
    const words = [f.name, f.number, f.type, flags.filter(Boolean).join('') || '-']
    return [...words, ...Object.entries(f.extras).map(([key, value]) => `${key}=${value}`)].join(' ')
  })
  const marks = [message.typeMeta && '@', message.slice && '=', message.atomic && '%'].filter(Boolean).join('')
  return marks + fields.join('; ')
}

export function parseFact(line: string): MessageFact {
  const marks = /^[@=%]*/.exec(line)![0]
  const body = line.slice(marks.length)
  const fields = body === '' ? [] : body.split('; ')
  return {
    typeMeta: marks.includes('@'),
    slice: marks.includes('='),
    atomic: marks.includes('%'),
    fields: fields.map(parseField),
  }
}

function parseField(text: string): FieldFact {
  const [name, number, type, flags = '', ...extras] = text.split(' ')
  if (name === undefined || number === undefined || type === undefined) throw new SyntaxError(`no field: ${text}`)
  return {
    name,
    number: Number(number),
    type,
    repeated: flags.includes('r'),
    pointer: flags.includes('p'),
    omitEmpty: flags.includes('o'),
    omitZero: flags.includes('z'),
    inline: flags.includes('i'),
    extras: Object.fromEntries(
      extras.map(extra => [extra.slice(0, extra.indexOf('=')), extra.slice(extra.indexOf('=') + 1)]),
    ),
  }
}
