import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FieldErrors } from '../status/index.ts'
import { builtinKinds, type Kind, type KubeObject } from './index.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const golden = `${process.env['PETREL_GOLDEN'] ?? `${root}../shared/golden/kubernetes-v1.36`}/api-roundtrip`
const skip = existsSync(golden) ? false : `no golden objects in ${golden}`
const context = { now: 0, user: { username: 'alice', groups: [] }, dryRun: false }

/** Runs all that a declaration can do with an object; none of it may throw, whatever the object lacks. */
function exercise(kind: Kind, object: KubeObject): void {
  const copy = structuredClone(object)
  const errors = new FieldErrors()
  kind.setDefaults?.(copy)
  kind.strategy.prepareForCreate?.(copy, context)
  kind.strategy.validate?.(copy, errors)
  kind.strategy.validateCreate?.(copy, errors)
  kind.strategy.warnings?.(copy, undefined)
  const next = structuredClone(copy)
  kind.strategy.prepareForUpdate?.(next, copy, context)
  kind.strategy.validateUpdate?.(next, copy, errors)
  kind.subresources.status?.prepareForUpdate?.(next, copy, context)
  kind.subresources.status?.validateUpdate?.(next, copy, errors)
  for (const shown of [object, copy]) {
    for (const column of kind.columns) {
      const cell = column.cell(shown, 0)
      assert.ok(cell === null || ['string', 'number', 'boolean'].includes(typeof cell), `${kind.kind}.${column.name}`)
    }
    for (const read of Object.values(kind.selectableFields)) assert.equal(typeof read(shown), 'string')
    kind.subresources.scale?.replicas(shown)
    kind.subresources.scale?.setReplicas(structuredClone(shown), 1)
  }
}

const named = builtinKinds.filter(kind => kind.group !== '')

test('no declaration throws on an object that is nothing but a name', () => {
  for (const kind of named) {
    for (const object of [{}, { metadata: { name: 'a' } }, { spec: {}, status: {} }]) {
      assert.doesNotThrow(() => exercise(kind, object), `${kind.group}/${kind.version} ${kind.kind}`)
    }
  }
})

test('no declaration throws on an object with every field set', { skip }, () => {
  for (const kind of named) {
    const file = `${golden}/${kind.group}.${kind.version}.${kind.kind}.json`
    if (existsSync(file)) exercise(kind, JSON.parse(readFileSync(file, 'utf8')))
  }
})

test('what is stored at another version comes back as it was', { skip }, () => {
  for (const kind of named) {
    const file = `${golden}/${kind.group}.${kind.version}.${kind.kind}.json`
    // What autoscaling/v1 has no fields for comes back as annotations: it has a test of its own.
    if (!kind.storage || kind.group === 'autoscaling' || !existsSync(file)) continue
    const object: KubeObject = JSON.parse(readFileSync(file, 'utf8'))
    const again = kind.storage.fromStorage(kind.storage.toStorage(object))
    assert.deepEqual(again, object, `${kind.group}/${kind.version} ${kind.kind}`)
  }
})
