import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event as CoreEvent } from '../api/core-v1.gen.ts'
import type { Endpoint, EndpointSlice } from '../api/discovery-v1.gen.ts'
import type { ResourceClaim } from '../api/resource-v1.gen.ts'
import {
  certificateSigningRequests,
  csiDrivers,
  customResourceDefinitions,
  endpointSlices,
  eventsV1,
  flowSchemas,
  leases,
  mutatingAdmissionPoliciesV1beta1,
  podDisruptionBudgets,
  priorityClasses,
  priorityLevelConfigurations,
  resourceClaims,
  resourceClaimsV1beta1,
  resourceSlicesV1beta1,
  storageClasses,
  validatingWebhookConfigurations,
} from './index.ts'
import { cells, create, update, updateStatus } from './test-writes.ts'

test('podDisruptionBudgets take one of two bounds', () => {
  const faults = (spec: object): readonly string[] => create(podDisruptionBudgets, { spec }).faults
  assert.deepEqual(faults({ minAvailable: 1 }), [])
  assert.deepEqual(faults({ minAvailable: 1, maxUnavailable: '50%' }), [
    'spec: Invalid value: {"minAvailable":1,"maxUnavailable":"50%"}: minAvailable and maxUnavailable cannot be both set',
  ])
  assert.deepEqual(faults({ maxUnavailable: '150%', unhealthyPodEvictionPolicy: 'Never' }), [
    'spec.maxUnavailable: Invalid value: "150%": must not be greater than 100%',
    'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
  ])
  const written = updateStatus(podDisruptionBudgets, {}, object => {
    object.status = { disruptionsAllowed: -1 }
  })
  assert.deepEqual(written.faults, ['status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0'])
  const row = cells(podDisruptionBudgets, { spec: { minAvailable: '50%' } })
  assert.deepEqual([row['Min Available'], row['Max Unavailable'], row['Allowed Disruptions']], ['50%', 'N/A', 0])
})

test('priorityClasses keep their value, and names of the system', () => {
  const name = (name: string, value: number): readonly string[] =>
    create(priorityClasses, { metadata: { name }, value }).faults
  assert.deepEqual(name('high', 1_000_000_000), [])
  assert.deepEqual(name('system-node-critical', 2_000_001_000), [])
  assert.deepEqual(name('high', 1_000_000_001), [
    'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
  ])
  assert.deepEqual(name('system-mine', 1), [
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
  ])
  const { faults } = update(priorityClasses, { value: 1 }, object => {
    object.value = 2
    object.preemptionPolicy = 'Never'
  })
  assert.deepEqual(faults, [
    'value: Forbidden: may not be changed in an update.',
    'preemptionPolicy: Invalid value: "Never": field is immutable',
  ])
})

test('leases have a positive duration', () => {
  const spec = { leaseDurationSeconds: 0, leaseTransitions: -1, preferredHolder: 'a' }
  assert.deepEqual(create(leases, { spec }).faults, [
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    'spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined',
  ])
  assert.equal(leases.strategy.allowCreateOnUpdate, true)
})

test('storageClasses hardly change', () => {
  const { object, faults } = create(storageClasses, { provisioner: 'Example.com/Disk' })
  assert.deepEqual(faults, [])
  assert.deepEqual([object.reclaimPolicy, object.volumeBindingMode], ['Delete', 'Immediate'])
  const written = update(storageClasses, { provisioner: 'a.b/c' }, changed => {
    changed.parameters = { a: 'b' }
    changed.allowVolumeExpansion = true
  })
  assert.deepEqual(written.faults, ['parameters: Invalid value: {"a":"b"}: field is immutable'])
  object.metadata!.annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  assert.equal(cells(storageClasses, object)['Name'], 'a (default)')
})

const slice = (addressType: string, ...addresses: string[]): EndpointSlice => ({
  addressType,
  endpoints: [{ addresses }],
  ports: [{ port: 80 }],
})
const first = 'endpoints[0].addresses'

const slices: readonly [EndpointSlice, string[]][] = [
  [slice('IPv4', '10.0.0.1'), []],
  [slice('IPv6', 'fd00::1'), []],
  [slice('FQDN', 'a.example.'), []],
  [slice('IPv4'), [`${first}: Required value: must contain at least 1 address`]],
  [slice('IPv4', 'fd00::1'), [`${first}: Invalid value: "fd00::1": must be an IPv4 address`]],
  [slice('IPv6', 'fd00::0:1'), [`${first}[0]: Invalid value: "fd00::0:1": must be in canonical form ("fd00::1")`]],
  [
    slice('IPv4', '127.0.0.1'),
    [`${first}[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)`],
  ],
  [
    slice('IPv4', '169.254.1.1'),
    [`${first}[0]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)`],
  ],
  [
    slice('FQDN', 'a'),
    [`${first}[0]: Invalid value: "a": should be a domain with at least two segments separated by dots`],
  ],
  [slice('DNS', 'a'), ['addressType: Unsupported value: "DNS": supported values: "FQDN", "IPv4", "IPv6"']],
]

test('endpointSlices.validate() names the fault', () => {
  for (const [object, faults] of slices) assert.deepEqual(create(endpointSlices, object).faults, faults)
  const ports = { ...slice('IPv4', '10.0.0.1'), ports: [{ name: 'a' }, { name: 'a', protocol: 'ICMP' }] }
  assert.deepEqual(create(endpointSlices, ports).faults, [
    'ports[1].name: Duplicate value: "a"',
    'ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
  ])
  const many: Endpoint[] = Array.from({ length: 1001 }, () => ({ addresses: ['10.0.0.1'] }))
  assert.deepEqual(create(endpointSlices, { addressType: 'IPv4', endpoints: many }).faults, [
    'endpoints: Too many: 1001: must have at most 1000 items',
  ])
})

test('resourceClaims say how far they are', () => {
  const allocation = {}
  const states: [claim: Omit<ResourceClaim, 'spec'>, state: string][] = [
    [{}, 'pending'],
    [{ status: { allocation } }, 'allocated'],
    [{ status: { allocation, reservedFor: [{ resource: 'pods', name: 'p', uid: 'u' }] } }, 'allocated,reserved'],
    [{ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { allocation } }, 'deleted,allocated'],
    [{ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }, 'deleted'],
  ]
  for (const [claim, state] of states) {
    assert.equal(cells(resourceClaims, { spec: { devices: {} }, ...claim })['State'], state)
  }
})

test('flowSchemas show whether their level is missing', () => {
  const dangling = { type: 'Dangling', status: 'False' }
  assert.equal(cells(flowSchemas, { status: { conditions: [dangling] } })['MissingPL'], 'False')
  assert.equal(cells(flowSchemas, {})['MissingPL'], '?')
})

test('endpointSlices count generations, of labels too', () => {
  const counts = (change: (object: EndpointSlice) => void): boolean | undefined => {
    const old = create(endpointSlices, slice('IPv4', '10.0.0.1')).object
    return endpointSlices.strategy.changesGeneration?.(update(endpointSlices, old, change).object, old)
  }
  const label = ({ metadata }: EndpointSlice): void => void Object.assign(metadata!, { labels: { a: 'b' } })
  const annotate = ({ metadata }: EndpointSlice): void => void Object.assign(metadata!, { annotations: { a: 'b' } })
  assert.deepEqual([counts(label), counts(annotate), counts(() => {})], [true, false, false])
  const row = cells(endpointSlices, slice('IPv4', '1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'))
  assert.deepEqual([row['Ports'], row['Endpoints']], ['80', '1.1.1.1,1.1.1.2,1.1.1.3 + 1 more...'])
})

test('certificateSigningRequests belong to who asks', () => {
  const spec = { request: 'LS0t', signerName: 'example.com/signer', usages: ['client auth'], username: 'mallory' }
  const { object, faults } = create(certificateSigningRequests, { spec })
  assert.deepEqual(faults, [])
  assert.equal(object.spec?.username, 'alice')
  const row = cells(certificateSigningRequests, {
    ...object,
    status: { conditions: [{ type: 'Approved', status: 'True' }], certificate: 'LS0t' },
  })
  assert.equal(row['Condition'], 'Approved,Issued')
})

test('eventsV1 are core events under other names', () => {
  const core: CoreEvent = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'a', namespace: 'b' },
    involvedObject: { kind: 'Pod', name: 'p' },
    message: 'text',
    count: 3,
    type: 'Normal',
  }
  const { fromStorage, toStorage } = eventsV1.storage!
  const event = fromStorage(core)
  assert.equal(event.apiVersion, 'events.k8s.io/v1')
  assert.equal(event.note, 'text')
  assert.equal(event.deprecatedCount, 3)
  assert.deepEqual(toStorage(event), core)
  assert.equal(eventsV1.selectableFields['regarding.kind']?.(event), 'Pod')
  assert.equal(cells(eventsV1, event)['Object'], 'pod/p')
})

test('resource.k8s.io/v1beta1 is v1 in its old shape', () => {
  const stored: ResourceClaim = {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: { name: 'a' },
    spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu', count: 2 } }] } },
  }
  const claims = resourceClaimsV1beta1.storage!
  const bare = { spec: { devices: { requests: [{ name: 'gpu', deviceClassName: 'gpu' }] } } }
  assert.deepEqual(create(resourceClaimsV1beta1, bare).object.spec?.devices?.requests, [
    { name: 'gpu', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 },
  ])
  const old = claims.fromStorage(stored)
  assert.deepEqual(old.spec?.devices?.requests, [{ name: 'gpu', deviceClassName: 'gpu', count: 2 }])
  assert.deepEqual(claims.toStorage(old), { ...stored })
  const devices = resourceSlicesV1beta1.storage!
  const spec = { driver: 'd', pool: { name: 'p', generation: 1, resourceSliceCount: 1 } }
  const slice = { apiVersion: 'resource.k8s.io/v1', spec: { ...spec, devices: [{ name: 'd0', allNodes: true }] } }
  const oldSlice = devices.fromStorage(slice)
  assert.deepEqual(oldSlice.spec?.devices, [{ name: 'd0', basic: { allNodes: true } }])
  assert.deepEqual(devices.toStorage(oldSlice), slice)
})

test('other versions of a kind differ by apiVersion alone', () => {
  const { fromStorage, toStorage } = mutatingAdmissionPoliciesV1beta1.storage!
  const stored = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: 'a' } }
  assert.equal(fromStorage(stored).apiVersion, 'admissionregistration.k8s.io/v1beta1')
  assert.deepEqual(toStorage(fromStorage(stored)), stored)
})

test('setDefaults() of the small kinds', () => {
  const webhook = {
    name: 'a.b.c',
    clientConfig: { service: { name: 's', namespace: 'n' } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  }
  const hook = create(validatingWebhookConfigurations, { webhooks: [webhook] }).object.webhooks?.[0]
  assert.deepEqual([hook?.failurePolicy, hook?.matchPolicy, hook?.timeoutSeconds], ['Fail', 'Equivalent', 10])
  assert.equal(hook?.clientConfig.service?.port, 443)
  const bare = JSON.parse('{"webhooks":[{}]}') as { webhooks: [] }
  assert.deepEqual(create(validatingWebhookConfigurations, bare).object.webhooks?.[0]?.clientConfig, {})
  const level = create(priorityLevelConfigurations, {
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } },
  })
  assert.deepEqual(level.object.spec?.limited?.limitResponse?.queuing, {
    handSize: 8,
    queues: 64,
    queueLengthLimit: 50,
  })
  assert.deepEqual(create(csiDrivers, { spec: {} }).object.spec?.volumeLifecycleModes, ['Persistent'])
})

test('customResourceDefinitions are named after what they declare', () => {
  const names = { plural: 'foos', kind: 'Foo' }
  const versions = [{ name: 'v1', served: true, storage: true }]
  const crd = {
    metadata: { name: 'foos.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names, versions },
  }
  const { object, faults } = create(customResourceDefinitions, crd)
  assert.deepEqual(faults, [])
  assert.deepEqual([object.spec?.names.singular, object.spec?.names.listKind], ['foo', 'FooList'])
  assert.deepEqual(create(customResourceDefinitions, { ...crd, metadata: { name: 'foos' } }).faults, [
    'metadata.name: Invalid value: "foos": must be spec.names.plural+"."+spec.group',
  ])
})
