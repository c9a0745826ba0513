import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionNames, definitionOf, groupOf, type Schema, schemaOf } from './index.ts'

test('schemaOf() gives every definition, each node once', () => {
  for (const name of definitionNames()) {
    const schema = schemaOf(name)
    assert.equal(schema.name, name)
    assert.equal(schemaOf(name), schema)
    for (const [field, property] of schema.properties ?? []) assert.ok(property.schema, `${name}.${field}`)
  }
  assert.throws(() => schemaOf('io.k8s.api.core.v1.Nothing'), RangeError)
  assert.throws(() => schemaOf('__proto__'), RangeError)
})

test('schemaOf() has order, merge keys and defaults of known fields', () => {
  const meta = schemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
  assert.deepEqual([...meta.properties!.keys()].slice(0, 6), [
    'name',
    'generateName',
    'namespace',
    'selfLink',
    'uid',
    'resourceVersion',
  ])
  const pod = schemaOf('io.k8s.api.core.v1.PodSpec').properties!
  assert.deepEqual(pod.get('containers')!.listMapKeys, ['name'])
  assert.deepEqual(pod.get('volumes')!.patchStrategy, ['merge', 'retainKeys'])
  const port = schemaOf('io.k8s.api.core.v1.ContainerPort').properties!.get('protocol')!
  assert.equal(port.default, 'TCP')
  const volume = schemaOf('io.k8s.api.core.v1.Volume').properties!.get('emptyDir')!
  assert.deepEqual([volume.protoVia, volume.proto, volume.pointer], [[2], 2, true])
})

test('schemaOf() gives cyclic types', () => {
  const props = schemaOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')
  const not = props.properties!.get('not')!.schema
  const union: Schema = props.properties!.get('items')!.schema
  assert.equal(not, props)
  assert.equal(union.items, props)
})

test('definitionOf() and groupOf() are inverse for groups with names of their own', () => {
  for (const group of [
    '',
    'apps',
    'rbac.authorization.k8s.io',
    'flowcontrol.apiserver.k8s.io',
    'storage.k8s.io',
    'apiextensions.k8s.io',
  ]) {
    assert.equal(groupOf(definitionOf(group, 'v1', 'Kind')), group)
  }
  assert.equal(groupOf('io.k8s.apimachinery.pkg.runtime.RawExtension'), undefined)
})
