/**
 * Whether two objects mean the same: apiequality.Semantic.DeepEqual, read from JSON. Go's zero values are absent in
 * its JSON but other clients write them, so `hostNetwork: false` equals nothing at all, except where Go has a pointer
 * and the difference carries meaning (`runAsUser: 0`). Quantities are equal by amount.
 */
import { compareQuantities } from '../../quantity/index.ts'

/** Scalars that are pointers in k8s.io/api/core/v1: absent is not the same as zero. */
const pointers: ReadonlySet<string> = new Set([
  'activeDeadlineSeconds',
  'allowPrivilegeEscalation',
  'automountServiceAccountToken',
  'defaultMode',
  'enableServiceLinks',
  'expirationSeconds',
  'fsGroup',
  'hostUsers',
  'immutable',
  'mode',
  'optional',
  'priority',
  'privileged',
  'readOnlyRootFilesystem',
  'replicas',
  'runAsGroup',
  'runAsNonRoot',
  'runAsUser',
  'setHostnameAsFQDN',
  'shareProcessNamespace',
  'storageClassName',
  'terminationGracePeriodSeconds',
  'tolerationSeconds',
])

/** Fields whose empty object is the same as none: maps, and structs that are not pointers. */
const valueObjects: ReadonlySet<string> = new Set([
  'allocatable',
  'annotations',
  'capacity',
  'data',
  'labels',
  'limits',
  'matchLabels',
  'metadata',
  'nodeSelector',
  'overhead',
  'requests',
  'resources',
  'selector',
  'status',
])

const quantityMaps: ReadonlySet<string> = new Set([
  'allocatable',
  'capacity',
  'hard',
  'limits',
  'overhead',
  'requests',
  'used',
])
const quantityFields: ReadonlySet<string> = new Set(['divisor', 'sizeLimit'])

export function semanticEqual(a: unknown, b: unknown): boolean {
  return equal(a, b, '', '')
}

function equal(a: unknown, b: unknown, key: string, parent: string): boolean {
  if (a === b) return true
  if (isNothing(a, key)) return isNothing(b, key)
  if (isNothing(b, key)) return false
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i], '', key))
  }
  if (isRecord(a)) {
    if (!isRecord(b)) return false
    for (const name of Object.keys(a)) if (!equal(a[name], b[name], name, key)) return false
    for (const name of Object.keys(b)) if (!(name in a) && !isNothing(b[name], name)) return false
    return true
  }
  if (quantityFields.has(key) || quantityMaps.has(parent)) return sameQuantity(a, b)
  return false
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNothing(value: unknown, key: string): boolean {
  if (value === undefined || value === null) return true
  if (value === false || value === 0 || value === '') return key !== '' && !pointers.has(key)
  if (Array.isArray(value)) return value.length === 0
  return isRecord(value) && valueObjects.has(key) && Object.keys(value).every(name => isNothing(value[name], name))
}

function sameQuantity(a: unknown, b: unknown): boolean {
  if (typeof a !== 'string' && typeof a !== 'number') return false
  if (typeof b !== 'string' && typeof b !== 'number') return false
  try {
    return compareQuantities(a, b) === 0
  } catch {
    // What is no quantity is refused by the schema; here it only differs.
    return false
  }
}

/** The paths at which two objects differ, a line each way, for messages that say what may not change. */
export function describeDifference(old: unknown, now: unknown, limit = 20): string {
  const lines: string[] = []
  collect(old, now, '', '', lines, limit)
  return lines.join('\n')
}

function collect(old: unknown, now: unknown, path: string, key: string, lines: string[], limit: number): void {
  if (lines.length >= limit || equal(old, now, key, '')) return
  if (isRecord(old) && isRecord(now)) {
    for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
      collect(old[name], now[name], path === '' ? name : `${path}.${name}`, name, lines, limit)
    }
    return
  }
  if (Array.isArray(old) && Array.isArray(now) && old.length === now.length) {
    for (const [i, item] of old.entries()) collect(item, now[i], `${path}[${i}]`, '', lines, limit)
    return
  }
  if (old !== undefined) lines.push(`- ${path}: ${JSON.stringify(old)}`)
  if (now !== undefined) lines.push(`+ ${path}: ${JSON.stringify(now)}`)
}
