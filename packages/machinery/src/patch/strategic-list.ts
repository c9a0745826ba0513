/**
 * Lists of a strategic merge patch: lists of objects merge item by item by their merge key, lists of scalars as sets.
 * After mergeSlice and mergePatchIntoOriginal of k8s.io/apimachinery/pkg/util/strategicpatch/patch.go.
 */
import { mergeInOrder } from './element-order.ts'
import { getField, isObject, type JsonObject } from './json-value.ts'
import { malformed } from './patch-errors.ts'

export interface ListRules {
  readonly name: string
  /** `merge`, `replace` or empty. */
  readonly strategy: string
  /** Empty for lists of scalars. */
  readonly mergeKey: string
  mergeItems(old: JsonObject, change: JsonObject): JsonObject
  /** New content as data; undefined for nothing but directives. */
  clean(value: unknown): unknown
}

/** `change` merged into `old`, without a word on the order: new items keep that of the patch. */
export function mergeList(old: readonly unknown[], change: readonly unknown[], rules: ListRules): unknown[] {
  if (old.length === 0 && change.length === 0) return []
  if (!hasObjects(old, change)) {
    const merged = [...new Set([...old, ...change])]
    return mergeInOrder(merged, change, old, item => item)
  }
  const { mergeKey } = rules
  if (mergeKey === '') throw malformed(`cannot merge lists without merge key for ${rules.name}`)
  const { items, remaining, isReplaced } = applyItemDirectives(old, change, mergeKey)
  if (isReplaced) return items.map(rules.clean).filter(item => item !== undefined)

  const merged = [...remaining]
  for (const item of items) {
    const value = mergeValue(item, mergeKey)
    const at = merged.findIndex(candidate => isObject(candidate) && getField(candidate, mergeKey) === value)
    const found = merged[at]
    if (isObject(found)) merged[at] = rules.mergeItems(found, item)
    else merged.push(rules.clean(item))
  }
  const keyOf = (item: unknown): unknown => (isObject(item) ? getField(item, mergeKey) : item)
  return mergeInOrder(merged, items, remaining, keyOf)
}

/** The list after `change`, in the order that `order` names; what it does not name keeps its place as far as it can. */
export function orderList(
  old: readonly unknown[] | undefined,
  change: readonly unknown[] | undefined,
  order: readonly unknown[],
  rules: ListRules,
): unknown[] {
  const { mergeKey } = rules
  checkOrder(change ?? [], order, mergeKey)
  let merged: readonly unknown[]
  if (!old) merged = (change ?? []).map(rules.clean).filter(item => item !== undefined)
  else if (!change) merged = old
  else if (rules.strategy === 'merge') merged = mergeList(old, change, rules)
  else merged = change
  const keyOf = (item: unknown): unknown => (mergeKey !== '' && isObject(item) ? mergeValue(item, mergeKey) : item)
  return mergeInOrder(merged, order, old ?? [], keyOf)
}

/** True for lists of objects, false for scalars; mixtures and lists of lists are refused. */
function hasObjects(...lists: readonly (readonly unknown[])[]): boolean {
  const all = lists.flat()
  const first = typeName(all[0])
  for (const list of lists) {
    for (const item of list) {
      const type = typeName(item)
      if (type === 'list') throw malformed('lists of lists are not supported')
      if (type !== first) throw malformed(`list element types are not identical: ${JSON.stringify(lists)}`)
    }
  }
  return first === 'object'
}

function typeName(value: unknown): string {
  return Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value
}

/** Takes `$patch` items out of the patch: `delete` removes at once, `replace` makes the other items the whole list. */
function applyItemDirectives(
  old: readonly unknown[],
  change: readonly unknown[],
  mergeKey: string,
): { items: JsonObject[]; remaining: unknown[]; isReplaced: boolean } {
  const items: JsonObject[] = []
  let remaining = [...old]
  let isReplaced = false
  for (const item of change) {
    if (!isObject(item)) continue
    if (!Object.hasOwn(item, '$patch')) {
      items.push(item)
      continue
    }
    switch (item['$patch']) {
      case 'delete': {
        const value = mergeValue(item, mergeKey)
        remaining = remaining.filter(candidate => !isObject(candidate) || getField(candidate, mergeKey) !== value)
        break
      }
      case 'replace':
        isReplaced = true
        break
      case 'merge':
        throw malformed('merging lists cannot yet be specified in the patch')
      default:
        throw malformed(`unknown patch type: ${String(item['$patch'])} in map: ${JSON.stringify(item)}`)
    }
  }
  return { items, remaining, isReplaced }
}

function mergeValue(item: JsonObject, mergeKey: string): unknown {
  if (Object.hasOwn(item, mergeKey)) return item[mergeKey]
  throw malformed(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`)
}

/** The items of the patch must come in the order that the patch itself demands. */
function checkOrder(change: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (order.length === 0 || change.length === 0) return
  const items = change.filter(item => !isObject(item) || !Object.hasOwn(item, '$patch'))
  const keyOf = (item: unknown): unknown => (mergeKey !== '' && isObject(item) ? mergeValue(item, mergeKey) : item)
  let at = 0
  for (const wanted of order) if (at < items.length && keyOf(items[at]) === keyOf(wanted)) at++
  if (at === items.length) return
  const lists = `${JSON.stringify(change)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}`
  throw malformed(`The order in patch list:\n${lists}\n`)
}
