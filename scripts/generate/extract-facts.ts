/**
 * `node scripts/generate/extract-facts.ts FOLDER`: reads generated.proto and the Go structs beside it under FOLDER (the
 * `k8s.io` folder of Debian's golang-k8s-{api,apimachinery,apiextensions-apiserver}-dev) and writes facts/messages.json.
 * Run when the Kubernetes version changes; the result is committed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ExtraKey, type FactsFile, type FieldFact, formatFact, type MessageFact } from './facts.ts'
import { packages } from './packages.ts'

interface GoField {
  readonly json: string
  readonly pointer: boolean
  readonly omitEmpty: boolean
  readonly omitZero: boolean
  readonly inline: boolean
  readonly type: string
  readonly extras: Partial<Record<ExtraKey, string>>
}

interface GoStruct {
  typeMeta: boolean
  atomic: boolean
  readonly byNumber: Map<number, GoField>
}

export function extractFacts(folder: string): FactsFile {
  const facts: Record<string, string> = {}
  for (const [name, path] of packages) {
    const directory = join(folder, path)
    const go = readGo(directory)
    for (const [message, fact] of readProto(readFileSync(join(directory, 'generated.proto'), 'utf8'), go)) {
      facts[`${name}.${message}`] = formatFact(fact)
    }
  }
  return facts
}

function* readProto(text: string, go: GoPackage): Generator<[string, MessageFact]> {
  const bare = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '')
  for (const [, name, body] of bare.matchAll(/^message (\w+) \{([\s\S]*?)^\}/gm)) {
    const struct = go.structs.get(name!)
    const fields: FieldFact[] = []
    const field = /^\s*(?:(optional|repeated)\s+)?(map<[^>]+>|[\w.]+)\s+(\w+)\s*=\s*(\d+)/gm
    for (const [, label, type, protoName, digits] of body!.matchAll(field)) {
      const number = Number(digits)
      const fact = struct?.byNumber.get(number)
      fields.push({
        name: fact === undefined || fact.inline ? protoName! : fact.json,
        number,
        type: type!.replaceAll(/\s/g, ''),
        repeated: label === 'repeated',
        pointer: fact?.pointer ?? false,
        omitEmpty: fact?.omitEmpty ?? false,
        omitZero: fact?.omitZero ?? false,
        inline: fact?.inline ?? false,
        extras: { ...goTypeOf(type!.replaceAll(/\s/g, ''), label === 'repeated', fact), ...fact?.extras },
      })
    }
    yield [
      name!,
      { typeMeta: struct?.typeMeta ?? false, slice: go.slices.has(name!), atomic: struct?.atomic ?? false, fields },
    ]
  }
}

const goScalars: Readonly<Record<string, string>> = { double: 'float64', bytes: '[]uint8' }

/** The Go type where it is a named one over a scalar or a map: those that protobuf does not tell. */
function goTypeOf(type: string, repeated: boolean, fact: GoField | undefined): { g?: string } {
  if (fact === undefined || fact.inline || !/^(string|bool|int32|int64|double|bytes|map<.*)$/.test(type)) return {}
  const value = /^map<string,(\w+)>$/.exec(type)?.[1]
  const scalar = goScalars[value ?? type] ?? value ?? type
  const expected = value !== undefined ? `map[string]${scalar}` : repeated ? `[]${scalar}` : scalar
  return fact.type === expected || fact.type.replaceAll('[]byte', '[]uint8') === expected ? {} : { g: fact.type }
}

interface GoPackage {
  readonly structs: ReadonlyMap<string, GoStruct>
  readonly slices: ReadonlySet<string>
}

function readGo(directory: string): GoPackage {
  const structs = new Map<string, GoStruct>()
  const slices = new Set<string>()
  const constants = new Map<string, string>()
  const files = readdirSync(directory).filter(f => f.endsWith('.go') && !/_test\.go$|generated/.test(f))
  const texts = files.map(file => readFileSync(join(directory, file), 'utf8'))
  for (const text of texts) {
    for (const [, name, value] of text.matchAll(/^\t(\w+)\s+\w+\s+=\s+("[^"]*")/gm)) constants.set(name!, value!)
  }
  for (const text of texts) {
    for (const [, name] of text.matchAll(/^type (\w+) \[\]/gm)) slices.add(name!)
    for (const [, comment, name, body] of text.matchAll(/((?:^\/\/.*\n|^\n)*)^type (\w+) struct \{([\s\S]*?)^\}/gm)) {
      const atomic = /^\/\/ \+(?:mapType|structType)=atomic/m.test(comment!)
      structs.set(name!, { ...readStruct(body!, directory.slice(directory.lastIndexOf('/') + 1), constants), atomic })
    }
  }
  return { structs, slices }
}

/** `*metav1.Time` in package v1 as reflect prints what it points to: `v1.Time`. */
function goType(source: string, goPackage: string): string {
  return source
    .replace(/^\*/, '')
    .replaceAll(/\b(?:meta|core|api)v1\./g, 'v1.')
    .replaceAll(/(?<![.\w])[A-Z]\w*/g, name => `${goPackage}.${name}`)
}

/** Names of string constants to their literals. */
type Constants = ReadonlyMap<string, string>

function readStruct(body: string, goPackage: string, constants: Constants): GoStruct {
  const struct: GoStruct = { typeMeta: false, atomic: false, byNumber: new Map() }
  let comments: string[] = []
  for (const line of body.split('\n')) {
    const comment = /^\s*\/\/(.*)$/.exec(line)?.[1]
    if (comment !== undefined) {
      comments.push(comment.trim())
      continue
    }
    const [, left, tag] = /^\t([^`]+?)\s*`([^`]*)`/.exec(line) ?? []
    if (left !== undefined && tag !== undefined) {
      readField(struct, left, tag, goPackage, readMarkers(tag, comments, constants))
    }
    comments = []
  }
  return struct
}

function readField(struct: GoStruct, left: string, tag: string, goPackage: string, extras: GoField['extras']): void {
  const json = /json:"([^"]*)"/.exec(tag)?.[1]?.split(',') ?? []
  const words = left.split(/\s+/)
  if (left.endsWith('TypeMeta')) struct.typeMeta = true
  const number = /protobuf:"\w+,(\d+)/.exec(tag)?.[1]
  if (number === undefined) return
  struct.byNumber.set(Number(number), {
    json: json[0] ?? '',
    pointer: words.at(-1)!.startsWith('*'),
    omitEmpty: json.includes('omitempty'),
    omitZero: json.includes('omitzero'),
    inline: (json[0] ?? '') === '',
    type: goType(words.at(-1)!, goPackage),
    extras,
  })
}

/** Merge semantics and default, from the markers in the comment and from the tag. */
function readMarkers(
  tag: string,
  comments: readonly string[],
  constants: Constants,
): Partial<Record<ExtraKey, string>> {
  const markers = (name: string): string[] =>
    comments.filter(line => line.startsWith(`+${name}=`)).map(line => line.slice(name.length + 2).trim())
  const keys = markers('listMapKey')
  const marked = markers('default')[0] ?? ''
  const value = constants.get(/^ref\((\w+)\)$/.exec(marked)?.[1] ?? '') ?? marked
  const found: Record<ExtraKey, string | undefined> = {
    g: undefined,
    lt: markers('listType')[0],
    lk: keys.length === 0 ? undefined : keys.join(','),
    mt: markers('mapType')[0] ?? markers('structType')[0],
    ps: /patchStrategy:"([^"]*)"/.exec(tag)?.[1],
    pk: /patchMergeKey:"([^"]*)"/.exec(tag)?.[1],
    d: /^("[^ ;|]*"|-?\d+|true|false)$/.test(value) ? value : undefined,
  }
  return Object.fromEntries(Object.entries(found).filter(([, text]) => text !== undefined))
}

export function formatFile(facts: FactsFile): string {
  const lines = Object.entries(facts).map(([name, line]) => `${JSON.stringify(name)}: ${JSON.stringify(line)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

if (import.meta.main) {
  const folder = process.argv[2]
  if (folder === undefined) throw new TypeError('usage: extract-facts.ts FOLDER (the k8s.io folder of the Go sources)')
  writeFileSync(new URL('./facts/messages.json', import.meta.url), formatFile(extractFacts(folder)))
}
