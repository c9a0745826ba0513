/**
 * Strategic merge patch, after k8s.io/apimachinery/pkg/util/strategicpatch: a merge patch that knows from the schema
 * which lists merge and by which key, and that takes directives: `$patch` (replace, delete, merge), `$retainKeys`,
 * `$setElementOrder/<list>` and `$deleteFromPrimitiveList/<list>`. Works in place on a copy.
 */
import type { Property, Schema } from '../schema/index.ts'
import { cloneJson, getField, isObject, type JsonObject, setField } from './json-value.ts'
import { malformed } from './patch-errors.ts'
import { type ListRules, mergeList, orderList } from './strategic-list.ts'

const patchDirective = '$patch'
const retainKeysDirective = '$retainKeys'
const deletePrefix = '$deleteFromPrimitiveList'
const orderPrefix = '$setElementOrder'

/** What the schema says of a field: where to look on, and how the field merges. */
interface FieldRules extends ListRules {
  readonly schema: Schema | undefined
}

/** The patched copy of `document`, of which `schema` is the type. Throws a 400 for a wrong patch. */
export function applyStrategicMergePatch(document: JsonObject, patch: unknown, schema: Schema): JsonObject {
  if (!isObject(patch)) throw malformed('invalid JSON document')
  return mergeMap(cloneJson(document), cloneJson(patch), schema)
}

/** Merges `patch` into `original`; both are ours to change. The result may be either. */
function mergeMap(original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  if (Object.hasOwn(patch, patchDirective)) {
    const directive = patch[patchDirective]
    if (directive === 'delete') return {}
    if (directive !== 'replace') throw unknownDirective(patch)
    delete patch[patchDirective]
    return withoutNulls(patch)
  }
  retainKeys(original, patch)
  applyElementOrders(original, patch, schema)
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (key.startsWith(deletePrefix)) {
      const name = parallelName(key, deletePrefix, 'invalid patch format of primitive list')
      if (!Array.isArray(value)) throw malformed('invalid patch format of primitive list')
      const list = getField(original, name)
      if (Array.isArray(list))
        setField(
          original,
          name,
          list.filter(item => !value.includes(item)),
        )
    } else if (value === null) {
      delete original[key]
    } else {
      mergeField(original, key, value, schema)
    }
  }
  return original
}

function mergeField(original: JsonObject, key: string, value: unknown, schema: Schema | undefined): void {
  const old = getField(original, key)
  if (isObject(old) && isObject(value)) {
    const rules = fieldRules(schema, key)
    const merged = rules.strategy === 'replace' ? value : mergeMap(old, value, rules.schema)
    setField(original, key, merged)
  } else if (Array.isArray(old) && Array.isArray(value)) {
    const rules = fieldRules(schema, key)
    const merged = rules.strategy === 'merge' ? mergeList(old, value, rules) : withoutDirectives(value)
    setField(original, key, merged)
  } else {
    const clean = withoutDirectives(value)
    if (clean === undefined) delete original[key]
    else setField(original, key, clean)
  }
}

/** `$retainKeys`: the fields that may stay; whatever the patch sets must be among them. */
function retainKeys(original: JsonObject, patch: JsonObject): void {
  if (!Object.hasOwn(patch, retainKeysDirective)) return
  const keys = patch[retainKeysDirective]
  delete patch[retainKeysDirective]
  if (!Array.isArray(keys)) throw malformed('invalid patch format of retainKeys')
  const kept = new Set<unknown>(keys)
  for (const key of Object.keys(patch)) {
    const isParallel = key.startsWith(deletePrefix) || key.startsWith(orderPrefix)
    if (patch[key] !== null && !isParallel && !kept.has(key)) throw malformed('invalid patch format of retainKeys')
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key]
}

/** `$setElementOrder/x` merges the list x at once, and puts it into the order that it names. */
function applyElementOrders(original: JsonObject, patch: JsonObject, schema: Schema | undefined): void {
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(orderPrefix)) continue
    const order = patch[key]
    delete patch[key]
    if (!Array.isArray(order)) throw malformed('invalid patch format of setElementOrder list')
    const name = parallelName(key, orderPrefix, 'invalid patch format of setElementOrder list')
    const old = getField(original, name)
    const change = getField(patch, name)
    if (!isListOrAbsent(old) || !isListOrAbsent(change)) {
      throw malformed(`expected a []interface {}, but received ${name} of another type`)
    }
    if (!old && !change) continue
    const rules = fieldRules(schema, name)
    setField(original, name, orderList(old, change, order, rules))
    delete patch[name]
  }
}

function isListOrAbsent(value: unknown): value is unknown[] | undefined {
  return value === undefined || Array.isArray(value)
}

function parallelName(key: string, prefix: string, fault: string): string {
  if (!key.startsWith(`${prefix}/`)) throw malformed(fault)
  return key.slice(prefix.length + 1)
}

/** Fields that the schema does not know merge as in a plain merge patch; validation will speak of them. */
function fieldRules(schema: Schema | undefined, key: string): FieldRules {
  const property: Property | undefined = schema?.properties?.get(key)
  const field = property?.schema ?? schema?.values
  const strategies = property?.patchStrategy ?? []
  return {
    name: key,
    schema: field,
    strategy: strategies.find(strategy => strategy !== 'retainKeys') ?? '',
    mergeKey: property?.patchMergeKey ?? '',
    mergeItems: (old, change) => mergeMap(old, change, field?.items),
    clean: withoutDirectives,
  }
}

function unknownDirective(patch: JsonObject): Error {
  return malformed(`unknown patch type: ${String(patch[patchDirective])} in map: ${JSON.stringify(patch)}`)
}

/** New content of a patch as data: no nulls, no directives; undefined for a map that is nothing but an order. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter(item => item !== undefined)
  if (!isObject(value)) return value
  return Object.hasOwn(value, patchDirective) ? undefined : withoutNulls(value)
}

function withoutNulls(object: JsonObject): JsonObject {
  for (const key of Object.keys(object)) {
    const isDirective = key === retainKeysDirective || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)
    const value = object[key] === null || isDirective ? undefined : withoutDirectives(object[key])
    if (value === undefined) delete object[key]
    else setField(object, key, value)
  }
  return object
}
