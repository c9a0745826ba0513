import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, PodSpec, PodStatus, ResourceRequirements } from '../../../api/core-v1.gen.ts'
import { FieldErrors } from '../../../status/index.ts'
import { created, testTime, updated } from '../faults-of.ts'
import { qosClass } from '../pod-spec/index.ts'
import { ephemeralContainersView, pods, resizeView } from './index.ts'

const pod = (spec: Partial<PodSpec> = {}, status?: PodStatus): Pod => ({
  metadata: { name: 'p', labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'i:1' }], ...spec },
  ...(status && { status }),
})
const context = { now: testTime, user: { username: 'jane', groups: [] }, dryRun: false }

test('a new pod is Pending whatever its author says', () => {
  const { status } = created(pods, pod({}, { phase: 'Running', podIP: '10.0.0.1' }))
  assert.deepEqual(status, { phase: 'Pending', qosClass: 'BestEffort' })
})

test('a new pod with scheduling gates says that it is held back', () => {
  const { status } = created(pods, pod({ schedulingGates: [{ name: 'a' }] }))
  assert.deepEqual(status?.conditions, [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates',
    },
  ])
})

test('matchLabelKeys become requirements with the values of the pod', () => {
  const { spec } = created(
    pods,
    pod({
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: {},
          matchLabelKeys: ['app', 'gone'],
        },
      ],
    }),
  )
  assert.deepEqual(spec?.topologySpreadConstraints?.[0]?.labelSelector, {
    matchExpressions: [{ key: 'app', operator: 'In', values: ['a'] }],
  })
})

test('updating a pod leaves its status alone, updating its status leaves the rest alone', () => {
  const old = created(pods, pod())
  assert.deepEqual(updated(pods, pod({}, { phase: 'Failed' }), old).status, old.status)
  const now = pod({ hostname: 'x' }, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] })
  const before: Pod = { ...old, status: { phase: 'Pending', qosClass: 'BestEffort', observedGeneration: 3 } }
  pods.subresources.status?.prepareForUpdate?.(now, before, context)
  assert.deepEqual(now.spec, old.spec)
  const { phase, qosClass: qos, observedGeneration } = now.status!
  assert.deepEqual({ phase, qos, observedGeneration }, { phase: 'Running', qos: 'BestEffort', observedGeneration: 3 })
})

const transitions: [restartPolicy: string, exitCode: number, allowed: boolean][] = [
  ['Always', 0, true],
  ['OnFailure', 1, true],
  ['OnFailure', 0, false],
  ['Never', 1, false],
]
for (const [restartPolicy, exitCode, allowed] of transitions) {
  test(`a container that ended with ${exitCode} may ${allowed ? '' : 'not '}run again under ${restartPolicy}`, () => {
    const one = { name: 'c', image: '', imageID: '', ready: false, restartCount: 0 }
    const old = pod({ restartPolicy }, { containerStatuses: [{ ...one, state: { terminated: { exitCode } } }] })
    const now = pod({ restartPolicy }, { containerStatuses: [{ ...one, state: { running: {} } }] })
    const errors = new FieldErrors()
    pods.subresources.status?.validateUpdate?.(now, old, errors)
    const fault = 'Forbidden: may not be transitioned to non-terminated state'
    assert.deepEqual(
      errors.list.map(error => error.message),
      allowed ? [] : [fault],
    )
  })
}

const graces: [what: string, pod: Pod, requested: number | undefined, seconds: number][] = [
  ['its own', pod({ nodeName: 'n', terminationGracePeriodSeconds: 30 }), undefined, 30],
  ['what is asked for', pod({ nodeName: 'n', terminationGracePeriodSeconds: 30 }), 5, 5],
  ['none when asked for none', pod({ nodeName: 'n', terminationGracePeriodSeconds: 30 }), 0, 0],
  ['a second for less than none', pod({ nodeName: 'n', terminationGracePeriodSeconds: -7 }), undefined, 1],
  ['none without a node', pod({ terminationGracePeriodSeconds: 30 }), undefined, 0],
  ['none when it has failed', pod({ nodeName: 'n' }, { phase: 'Failed' }), 30, 0],
  ['none when it has succeeded', pod({ nodeName: 'n' }, { phase: 'Succeeded' }), 30, 0],
]
for (const [what, object, requested, seconds] of graces) {
  test(`gracePeriodSeconds() of a pod is ${what}`, () => {
    assert.equal(pods.strategy.gracePeriodSeconds?.(object, requested), seconds)
  })
}

const both = { cpu: '1', memory: '1Gi' }
const classes: [expected: string, ...containers: ResourceRequirements[]][] = [
  ['BestEffort', {}],
  ['BestEffort', { limits: { 'example.com/gpu': '1' } }],
  ['Burstable', { requests: { cpu: '1' } }],
  ['Burstable', { limits: both, requests: { cpu: '500m', memory: '1Gi' } }],
  ['Burstable', { limits: both, requests: both }, {}],
  ['Guaranteed', { limits: both, requests: { cpu: '1000m', memory: '1024Mi' } }],
  ['Guaranteed', { limits: both, requests: both }, { limits: both, requests: both }],
]
for (const [expected, ...containers] of classes) {
  test(`qosClass() is ${expected} for ${JSON.stringify(containers)}`, () => {
    assert.equal(qosClass({ containers: containers.map(resources => ({ name: 'c', resources })) }), expected)
  })
}

test('warnings tell what a new pod will probably not do', () => {
  const object: Pod = {
    metadata: { name: 'a.b' },
    spec: {
      nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
      containers: [
        {
          name: 'c',
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
            { name: 'A', value: '$(A):3' },
          ],
        },
        {
          name: 'd',
          ports: [
            { containerPort: 80, protocol: 'TCP' },
            { containerPort: 80, protocol: 'TCP' },
          ],
        },
      ],
    },
  }
  assert.deepEqual(pods.strategy.warnings?.(object, undefined), [
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    'spec.containers[1].ports[1]: duplicate port definition with spec.containers[1].ports[0]',
  ])
})

test('ephemeral containers can be added through their view, nothing else, and never taken back', () => {
  const old = created(pods, pod({ nodeName: 'n' }))
  const added: Pod = { ...pod({ hostname: 'x', ephemeralContainers: [{ name: 'e', image: 'i' }] }) }
  ephemeralContainersView.prepareForUpdate(added, old)
  assert.deepEqual(added.spec, { ...old.spec, ephemeralContainers: [{ name: 'e', image: 'i' }] })
  const errors = new FieldErrors()
  ephemeralContainersView.validateUpdate(added, old, errors)
  ephemeralContainersView.validateUpdate(old, added, errors)
  assert.deepEqual(
    errors.list.map(error => error.message),
    ['Forbidden: existing ephemeral containers "e" may not be removed\n'],
  )
})

test('resources can be resized through their view within the class of the pod', () => {
  const sized = (requests: Record<string, string>): Pod =>
    created(pods, pod({ containers: [{ name: 'c', image: 'i:1', resources: { requests } }] }))
  const faults = (now: Pod, old: Pod): string[] => {
    const errors = new FieldErrors()
    const copy = structuredClone(now)
    resizeView.prepareForUpdate(copy, old)
    resizeView.validateUpdate(copy, old, errors)
    return errors.list.map(error => `${error.field}: ${error.message}`)
  }
  assert.deepEqual(faults(sized({ cpu: '2' }), sized({ cpu: '1' })), [])
  assert.deepEqual(faults(sized({}), sized({ cpu: '1' })), [
    'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
  ])
  assert.deepEqual(
    faults(sized({ cpu: '1', 'ephemeral-storage': '2Gi' }), sized({ cpu: '1', 'ephemeral-storage': '1Gi' })),
    ['spec: Forbidden: only cpu and memory resources are mutable'],
  )
})
