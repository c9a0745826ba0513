import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinKinds, kindByKind, kindByPlural, kindRegistry, pods } from './index.ts'

test('kindByPlural() and kindByKind() find a built-in kind by either name', () => {
  assert.equal(kindByPlural('', 'v1', 'pods'), pods)
  assert.equal(kindByKind('', 'v1', 'Pod'), pods)
  assert.equal(kindByPlural('', 'v2', 'pods'), undefined)
  assert.equal(kindByKind('apps', 'v1', 'Pod'), undefined)
})

test('kindRegistry() refuses the same kind twice', () => {
  assert.throws(() => kindRegistry([pods, pods]), /Cannot register kind Pod: \/v1\/pods is declared twice/)
})

test('builtinKinds declare a schema that exists and the kind of their list', () => {
  for (const kind of builtinKinds) {
    assert.ok(kind.schema.properties, `${kind.kind} has no schema`)
    assert.equal(kind.listKind, `${kind.kind}List`)
  }
})

/** The strategies of pkg/registry that set Generation. CustomResourceDefinition's is in apiextensions-apiserver. */
const generational = new Set(
  `Pod PodTemplate ReplicationController DaemonSet Deployment ReplicaSet StatefulSet Job CronJob EndpointSlice
  FlowSchema PriorityLevelConfiguration Ingress IngressClass NetworkPolicy PodDisruptionBudget DeviceClass DeviceTaintRule
  ResourceSlice PriorityClass CustomResourceDefinition ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
  MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration
  ValidatingWebhookConfiguration`.split(/\s+/),
)

test('builtinKinds keep metadata.generation where upstream does, and nowhere else', () => {
  for (const { kind, version, strategy, subresources } of builtinKinds) {
    const keeps = strategy.hasGeneration ?? subresources.status !== undefined
    assert.equal(keeps, generational.has(kind), `${version} ${kind}`)
  }
})
