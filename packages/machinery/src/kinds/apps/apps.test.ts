import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../api/apps-v1.gen.ts'
import type { PodTemplateSpec } from '../../api/core-v1.gen.ts'
import { cells, create, update, updateStatus } from '../test-writes.ts'
import { controllerRevisions, daemonSets, deployments, replicaSets, statefulSets } from './index.ts'

const template = (): PodTemplateSpec => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
})
const selector = { matchLabels: { app: 'a' } }
const deployment = (spec: Partial<Deployment['spec']> = {}): Deployment => ({
  spec: { selector, template: template(), ...spec },
})
const replicaSet = (): ReplicaSet => ({ spec: { selector, template: template() } })
const daemonSet = (spec: Partial<DaemonSet['spec']> = {}): DaemonSet => ({
  spec: { selector, template: template(), ...spec },
})
const statefulSet = (spec: Partial<StatefulSet['spec']> = {}): StatefulSet => ({
  spec: { selector, template: template(), serviceName: 'a', ...spec },
})

test('setDefaults() fills in what upstream does', () => {
  const { template: _t, selector: _s, ...spec } = create(deployments, deployment()).object.spec ?? deployment().spec!
  assert.deepEqual(spec, {
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  })
  assert.deepEqual(create(daemonSets, daemonSet()).object.spec?.updateStrategy, {
    type: 'RollingUpdate',
    rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
  })
  const set = create(statefulSets, statefulSet()).object.spec
  assert.equal(set?.podManagementPolicy, 'OrderedReady')
  assert.deepEqual(set?.updateStrategy, { type: 'RollingUpdate', rollingUpdate: { partition: 0 } })
  assert.deepEqual(set?.persistentVolumeClaimRetentionPolicy, { whenDeleted: 'Retain', whenScaled: 'Retain' })
  assert.equal(create(replicaSets, replicaSet()).object.spec?.replicas, 1)
})

const rolling = (maxUnavailable: number | string, maxSurge: number | string): Partial<Deployment['spec']> => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge } },
})

const badDeployments: readonly [what: string, spec: Partial<NonNullable<Deployment['spec']>>, fault: string][] = [
  ['replicas', { replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  ['an empty selector', { selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  [
    'a selector that misses the template',
    { selector: { matchLabels: { app: 'b' } } },
    'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
  ],
  [
    'no movement',
    rolling(0, '0%') as object,
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
  ],
  [
    'more than everything',
    rolling('101%', 1) as object,
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
  ],
  [
    'a surge that is no number',
    rolling(1, 'many') as object,
    "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"many\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
  ],
  [
    'rolling while recreating',
    { strategy: { type: 'Recreate', rollingUpdate: {} } },
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ],
  [
    'an unknown strategy',
    { strategy: { type: 'Canary' } },
    'spec.strategy: Unsupported value: {"type":"Canary"}: supported values: "Recreate", "RollingUpdate"',
  ],
  [
    'a deadline before readiness',
    { minReadySeconds: 10, progressDeadlineSeconds: 10 },
    'spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds',
  ],
]

test('deployments.validate() names the fault', () => {
  assert.deepEqual(create(deployments, deployment()).faults, [])
  for (const [what, spec, fault] of badDeployments) {
    assert.deepEqual(create(deployments, deployment(spec)).faults, [fault], what)
  }
  const never = template()
  never.spec!.restartPolicy = 'Never'
  assert.deepEqual(create(deployments, deployment({ template: never })).faults, [
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ])
})

test('deployments keep their selector and drop a status that is not theirs to set', () => {
  const written = update(deployments, deployment(), object => {
    object.spec!.selector = { matchLabels: { app: 'b' } }
    object.spec!.template.metadata = { labels: { app: 'b' } }
    object.status = { replicas: 3 }
  })
  assert.deepEqual(written.faults, ['spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable'])
  assert.deepEqual(written.object.status, {})
  assert.deepEqual(create(deployments, { ...deployment(), status: { replicas: 3 } }).object.status, {})
})

test('deployments.status must add up', () => {
  const counts = { replicas: 1, readyReplicas: 2, availableReplicas: 3 }
  const { faults } = updateStatus(deployments, deployment(), object => {
    object.status = counts
  })
  assert.deepEqual(faults, [
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
  ])
})

test('scale reads and writes replicas', () => {
  const { object } = create(deployments, deployment({ replicas: 3 }))
  const scale = deployments.subresources.scale!
  assert.equal(scale.replicas(object), 3)
  assert.equal(scale.selector(object), 'app=a')
  assert.equal(scale.statusReplicas(object), 0)
  scale.setReplicas(object, 5)
  assert.equal(object.spec?.replicas, 5)
})

test('daemonSets count the generations of their template', () => {
  const key = 'deprecated.daemonset.template.generation'
  assert.equal(create(daemonSets, daemonSet()).object.metadata?.annotations?.[key], '1')
  const same = update(daemonSets, daemonSet(), object => {
    object.spec!.minReadySeconds = 5
    object.metadata!.annotations = {}
  })
  assert.equal(same.object.metadata?.annotations?.[key], '1')
  const changed = update(daemonSets, daemonSet(), object => {
    object.spec!.template.spec!.containers[0]!.image = 'nginx:2'
  })
  assert.equal(changed.object.metadata?.annotations?.[key], '2')
})

const strategies: readonly [NonNullable<NonNullable<DaemonSet['spec']>['updateStrategy']>, string[]][] = [
  [{ type: 'OnDelete' }, []],
  [{ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }, []],
  [
    { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } },
    ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
  ],
  [
    { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
    ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
  ],
]

test('daemonSets.validate() wants one way to move', () => {
  for (const [updateStrategy, faults] of strategies) {
    assert.deepEqual(create(daemonSets, daemonSet({ updateStrategy })).faults, faults)
  }
})

const badSets: readonly [Partial<NonNullable<StatefulSet['spec']>>, string][] = [
  [
    { podManagementPolicy: 'Random' },
    "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'",
  ],
  [
    { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
    'spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy \'RollingUpdate\'',
  ],
  [
    { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } } },
    'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0',
  ],
  [
    { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Keep' } },
    'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Retain", "Delete"',
  ],
  [{ ordinals: { start: -1 } }, 'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0'],
]

test('statefulSets.validate() names the fault', () => {
  for (const [spec, fault] of badSets) assert.deepEqual(create(statefulSets, statefulSet(spec)).faults, [fault])
})

test('statefulSets mount their claims, and change only what upstream lets them', () => {
  const mounted = template()
  mounted.spec!.containers[0]!.volumeMounts = [{ name: 'data', mountPath: '/data' }]
  const set = statefulSet({
    template: mounted,
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
  })
  const written = create(statefulSets, set)
  assert.deepEqual(written.faults, [])
  assert.deepEqual(written.object.spec?.volumeClaimTemplates?.[0]?.status, { phase: 'Pending' })
  assert.deepEqual(
    update(statefulSets, set, object => {
      object.spec!.replicas = 3
      object.spec!.minReadySeconds = 1
    }).faults,
    [],
  )
  const renamed = update(statefulSets, set, object => {
    object.spec!.serviceName = 'b'
  })
  assert.deepEqual(renamed.faults, [
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ])
})

test('controllerRevisions keep their data', () => {
  assert.deepEqual(create(controllerRevisions, { revision: -1 }).faults, [
    'revision: Invalid value: -1: must be greater than or equal to 0',
    'data: Required value: data is mandatory',
  ])
  const { faults } = update(controllerRevisions, { revision: 1, data: { a: 1 } }, object => {
    object.data = { a: 2 }
  })
  assert.deepEqual(faults, ['data: Invalid value: {"a":2}: field is immutable'])
})

test('columns show what kubectl get shows', () => {
  const { object } = create(deployments, deployment({ replicas: 3 }))
  object.metadata!.creationTimestamp = '2025-12-31T23:00:00Z'
  object.status = { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 }
  assert.deepEqual(cells(deployments, object), {
    Name: 'a',
    Ready: '2/3',
    'Up-to-date': 3,
    Available: 1,
    Age: '60m',
    Containers: 'web',
    Images: 'nginx:1.27',
    Selector: 'app=a',
  })
  const revision = {
    metadata: {
      name: 'a-1',
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'a', uid: 'u', controller: true }],
    },
    revision: 2,
  }
  assert.deepEqual(cells(controllerRevisions, revision), {
    Name: 'a-1',
    Controller: 'daemonset.apps/a',
    Revision: 2,
    Age: '<unknown>',
  })
})
