import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@petrel/machinery/api/apps-v1'
import { annotationsFor } from './annotations.ts'
import { pauseVerdict, statusOf } from './status.ts'
import { sameTemplate, templateHash } from './template-hash.ts'

const now = Date.UTC(2026, 0, 1, 12)
const earlier = '2026-01-01T11:00:00Z'

function deployment(status: DeploymentStatus = {}, paused = false): Deployment {
  return {
    metadata: { name: 'web', generation: 2 },
    spec: { replicas: 2, paused, selector: {}, template: {}, strategy: { type: 'RollingUpdate' } },
    status,
  }
}

function set(name: string, replicas: number, available: number): ReplicaSet {
  return {
    metadata: { name },
    spec: { replicas, selector: {} },
    status: { replicas, readyReplicas: available, availableReplicas: available },
  }
}

function progressing(reason: string, lastUpdateTime = earlier): DeploymentCondition {
  return { type: 'Progressing', status: 'True', reason, message: '', lastUpdateTime, lastTransitionTime: earlier }
}

function reasonsOf(status: DeploymentStatus): Record<string, string | undefined> {
  return Object.fromEntries((status.conditions ?? []).map(({ type, reason }) => [type, reason]))
}

test('statusOf() counts over all sets and leaves zeros out', () => {
  const { conditions, ...counts } = statusOf(
    deployment(),
    { current: set('new', 1, 0), old: [set('old', 2, 2)] },
    undefined,
    now,
  )
  assert.deepEqual(counts, {
    observedGeneration: 2,
    replicas: 3,
    updatedReplicas: 1,
    readyReplicas: 2,
    availableReplicas: 2,
    unavailableReplicas: 1,
    terminatingReplicas: 0,
  })
  assert.ok(conditions)
})

const progressCases: readonly {
  name: string
  before: DeploymentStatus
  sets: [number, number, number]
  reason: string
}[] = [
  {
    name: 'complete',
    before: { conditions: [progressing('ReplicaSetUpdated')] },
    sets: [2, 2, 0],
    reason: 'NewReplicaSetAvailable',
  },
  {
    name: 'moving',
    before: { conditions: [progressing('NewReplicaSetCreated')] },
    sets: [1, 1, 2],
    reason: 'ReplicaSetUpdated',
  },
  {
    name: 'stuck beyond its deadline',
    before: {
      replicas: 3,
      updatedReplicas: 1,
      readyReplicas: 2,
      availableReplicas: 2,
      conditions: [progressing('ReplicaSetUpdated')],
    },
    sets: [1, 0, 2],
    reason: 'ProgressDeadlineExceeded',
  },
  {
    name: 'waiting within its deadline',
    before: {
      replicas: 3,
      updatedReplicas: 1,
      readyReplicas: 2,
      availableReplicas: 2,
      conditions: [progressing('ReplicaSetUpdated', '2026-01-01T11:55:00Z')],
    },
    sets: [1, 0, 2],
    reason: 'ReplicaSetUpdated',
  },
]

for (const {
  name,
  before,
  sets: [current, available, old],
  reason,
} of progressCases) {
  test(`statusOf() says ${reason} of a rollout that is ${name}`, () => {
    const status = statusOf(
      deployment(before),
      { current: set('new', current, available), old: [set('old', old, old)] },
      undefined,
      now,
    )
    assert.equal(reasonsOf(status)['Progressing'], reason)
  })
}

test('statusOf() keeps the transition time while the status of a condition stays', () => {
  const before = deployment({ conditions: [progressing('NewReplicaSetCreated')] })
  const status = statusOf(before, { current: set('new', 2, 2), old: [] }, undefined, now)
  assert.equal(status.conditions?.find(({ type }) => type === 'Progressing')?.lastTransitionTime, earlier)
})

test('pauseVerdict() says once that a deployment is paused, and once that it goes on', () => {
  assert.equal(pauseVerdict(deployment({}, true))?.reason, 'DeploymentPaused')
  assert.equal(pauseVerdict(deployment({ conditions: [progressing('DeploymentPaused')] }, true)), undefined)
  assert.equal(pauseVerdict(deployment({ conditions: [progressing('DeploymentPaused')] }))?.reason, 'DeploymentResumed')
  assert.equal(pauseVerdict(deployment()), undefined)
})

test('annotationsFor() gives the next revision, and keeps the history of a set that comes back', () => {
  const revision = 'deployment.kubernetes.io/revision'
  const old = [{ metadata: { annotations: { [revision]: '4' } } }]
  assert.equal(annotationsFor(deployment(), undefined, old)[revision], '5')
  const back: ReplicaSet = {
    metadata: { annotations: { [revision]: '3', 'deployment.kubernetes.io/revision-history': '1' } },
  }
  const annotations = annotationsFor(deployment(), back, old)
  assert.equal(annotations[revision], '5')
  assert.equal(annotations['deployment.kubernetes.io/revision-history'], '1,3')
  assert.equal(annotationsFor(deployment(), { metadata: { annotations: { [revision]: '9' } } }, old)[revision], '9')
})

test('templateHash() is the same for the same template, whatever the order of its fields', () => {
  const a = { metadata: { labels: { x: '1', y: '2' } }, spec: { containers: [] } }
  const b = { spec: { containers: [] }, metadata: { labels: { y: '2', x: '1' } } }
  assert.equal(templateHash(a, undefined), templateHash(b, undefined))
  assert.notEqual(templateHash(a, undefined), templateHash(a, 1))
  assert.match(templateHash(a, undefined), /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/)
})

test('sameTemplate() ignores the hash label alone', () => {
  const plain = { metadata: { labels: { app: 'a' } }, spec: { containers: [] } }
  assert.ok(sameTemplate(plain, { ...plain, metadata: { labels: { app: 'a', 'pod-template-hash': 'h' } } }))
  assert.ok(!sameTemplate(plain, { ...plain, metadata: { labels: { app: 'b' } } }))
})
