/**
 * Puts the sources together: shape and order from the message facts, publication and required fields from
 * client-node. Every disagreement between them is an error here, not a guess.
 */
import { readFileSync } from 'node:fs'
import { type FactsFile, type FieldFact, type MessageFact, parseFact } from './facts.ts'
import { type Model, readModels } from './read-models.ts'

/** `string`, `bool`, `int32`, `int64`, `double`, `bytes`, or a definition's name. */
export interface TypeRef {
  readonly base: string
  readonly shape: 'one' | 'list' | 'map' | 'wrapped' | 'map-of-wrapped'
}

export interface Field {
  readonly name: string
  readonly type: TypeRef
  readonly required: boolean
  readonly pointer: boolean
  readonly omitEmpty: boolean
  /** Field numbers from the message down: more than one where Go embeds a struct. */
  readonly proto: readonly number[]
  /** Merge semantics, default and Go type, as facts.ts writes them. */
  readonly extras: FieldFact['extras']
}

export interface Definition {
  /** `io.k8s.api.apps.v1.Deployment`. */
  readonly name: string
  /** Stands in the published OpenAPI. */
  readonly published: boolean
  /** Has kind and apiVersion. */
  readonly typeMeta: boolean
  /** The struct is one value to server-side apply. */
  readonly atomic: boolean
  readonly fields: readonly Field[]
}

/** Definitions whose JSON form is not that of their message. */
export const scalarDefinitions: Readonly<Record<string, string>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Duration': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'Record<string, unknown>',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'string',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'Record<string, unknown>',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'number | string',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'unknown',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray':
    'JSONSchemaProps | JSONSchemaProps[]',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'JSONSchemaProps | boolean',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'JSONSchemaProps | string[]',
}

/** Messages that are the protobuf side of something else, or that only Go needs. */
const hidden = /\.(Timestamp|QuantityValue|Unknown|TypeMeta|RootPaths|Preconditions)$|runtime\.TypeMeta$/

/** Published types without any field: client-node calls them `any`. */
const publishedEmpty: ReadonlySet<string> = new Set([
  'io.k8s.api.apiserverinternal.v1alpha1.StorageVersionSpec',
  'io.k8s.api.scheduling.v1alpha2.BasicSchedulingPolicy',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus',
])

export const definitionName = (message: string): string =>
  message
    .replace(/^k8s\.io\./, 'io.k8s.')
    .replace('apiextensions_apiserver', 'apiextensions-apiserver')
    .replace('kube_aggregator', 'kube-aggregator')

export function readFacts(): FactsFile {
  return { ...readJson<FactsFile>('messages'), ...readJson<FactsFile>('aggregator') }
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./facts/${name}.json`, import.meta.url), 'utf8')) as T
}

/** Definition name to the class of client-node that has it. */
export function classNames(): Map<string, string> {
  return new Map(
    [...matchModels(readModels(), flatten(readMessages()))].map(([name, model]) => [name, model.className]),
  )
}

export function buildDefinitions(): Definition[] {
  const flat = flatten(readMessages())
  const models = matchModels(readModels(), flat)
  const definitions = [...flat].map(([name, { typeMeta, atomic, fields }]): Definition => {
    const model = models.get(name)
    return {
      name,
      published: model !== undefined || publishedEmpty.has(name),
      typeMeta,
      atomic,
      fields: fields.map(({ fact, type, proto }) => ({
        name: fact.name,
        type,
        required: model === undefined ? !fact.omitEmpty && !fact.pointer : model.fields.get(fact.name)!.required,
        pointer: fact.pointer,
        omitEmpty: fact.omitEmpty,
        proto,
        extras: fact.extras,
      })),
    }
  })
  definitions.push(versionInfo(models.get(versionInfoName)!))
  return definitions.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readMessages(): Map<string, MessageFact> {
  return new Map(Object.entries(readFacts()).map(([name, line]) => [name, parseFact(line)]))
}

/** The messages that are definitions, with the fields of inline structs among their own. */
function flatten(messages: ReadonlyMap<string, MessageFact>): Map<string, Flat> {
  const flat = new Map<string, Flat>()
  for (const [name, message] of messages) {
    const definition = definitionName(name)
    if (message.slice || definition in scalarDefinitions || (hidden.test(name) && !name.endsWith('v1.Preconditions')))
      continue
    flat.set(definition, {
      typeMeta: message.typeMeta,
      atomic: message.atomic,
      fields: [...flattenFields(name, message, messages, [])],
    })
  }
  return flat
}

interface FlatField {
  readonly fact: FieldFact
  readonly type: TypeRef
  readonly proto: readonly number[]
}

interface Flat {
  readonly typeMeta: boolean
  readonly atomic: boolean
  readonly fields: readonly FlatField[]
}

function* flattenFields(
  name: string,
  message: MessageFact,
  messages: ReadonlyMap<string, MessageFact>,
  via: readonly number[],
): Generator<FlatField> {
  for (const fact of message.fields) {
    const proto = [...via, fact.number]
    if (fact.inline) {
      const target = qualify(name, fact.type)
      yield* flattenFields(target, messages.get(target)!, messages, proto)
    } else {
      yield { fact, type: typeOf(name, fact, messages), proto }
    }
  }
}

const scalars = new Set(['string', 'bool', 'int32', 'int64', 'double', 'bytes'])

function qualify(message: string, type: string): string {
  return type.startsWith('.') ? type.slice(1) : `${message.slice(0, message.lastIndexOf('.'))}.${type}`
}

function typeOf(message: string, fact: FieldFact, messages: ReadonlyMap<string, MessageFact>): TypeRef {
  const map = /^map<string,(.*)>$/.exec(fact.type)?.[1]
  const bare = map ?? fact.type
  if (scalars.has(bare)) return { base: bare, shape: map === undefined ? (fact.repeated ? 'list' : 'one') : 'map' }
  const target = qualify(message, bare)
  const found = messages.get(target)
  if (found === undefined) throw new RangeError(`${message}.${fact.name}: no facts about ${target}`)
  if (found.slice) return { base: found.fields[0]!.type, shape: map === undefined ? 'wrapped' : 'map-of-wrapped' }
  return { base: definitionName(target), shape: map === undefined ? (fact.repeated ? 'list' : 'one') : 'map' }
}

const versionInfoName = 'io.k8s.apimachinery.pkg.version.Info'

/** The reply of /version: the one definition without a message. */
function versionInfo(model: Model): Definition {
  const order = ['major', 'minor', 'emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor']
  const names = [...order, ...[...model.fields.keys()].filter(name => !order.includes(name))]
  const git = ['gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform']
  names.sort((a, b) => git.indexOf(a) - git.indexOf(b))
  return {
    name: versionInfoName,
    published: true,
    typeMeta: false,
    atomic: false,
    fields: names.map(name => ({
      name,
      type: { base: 'string', shape: 'one' },
      required: model.fields.get(name)!.required,
      pointer: false,
      omitEmpty: !model.fields.get(name)!.required,
      proto: [],
      extras: {},
    })),
  }
}

/** client-node's class names carry version and name, and the group only where two groups have the same: fields decide. */
function matchModels(models: readonly Model[], flat: ReadonlyMap<string, Flat>): Map<string, Model> {
  const found = new Map<string, Model>()
  for (const model of models) {
    if (model.className === 'VersionInfo') {
      found.set(versionInfoName, model)
      continue
    }
    const [, group, version, name] = /^([A-Z][a-z]+)??V(\d+(?:alpha\d+|beta\d+)?)(\w+)$/.exec(model.className)!
    const fields = [...model.fields.keys()].filter(f => f !== 'apiVersion' && f !== 'kind')
    const candidates = [...flat].filter(([definition, { typeMeta, fields: own }]) => {
      if (!definition.endsWith(`.v${version}.${name}`)) return false
      if (group !== undefined && !definition.includes(`.${group.toLowerCase()}.`)) return false
      const names = own.map(f => f.fact.name).filter(f => typeMeta === false || (f !== 'apiVersion' && f !== 'kind'))
      const all = new Set([...names, ...fields])
      const plain = typeMeta ? fields : [...model.fields.keys()]
      return plain.length === names.length && all.size === new Set(plain).size
    })
    if (candidates.length !== 1) {
      const special = Object.keys(scalarDefinitions).some(d => d.endsWith(`.v${version}.${name}`))
      if (special) continue
      throw new RangeError(
        `${model.className}: ${candidates.length} messages fit: ${candidates.map(c => c[0]).join(', ')}`,
      )
    }
    found.set(candidates[0]![0], model)
  }
  return found
}
