import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Namespace, Node, PersistentVolumeClaim, Pod } from '@petrel/machinery/api/core-v1'
import type { Ingress } from '@petrel/machinery/api/networking-v1'
import type { PriorityClass } from '@petrel/machinery/api/scheduling-v1'
import {
  ingressClasses,
  ingresses,
  type KubeObject,
  localSubjectAccessReviews,
  namespaces,
  nodes,
  persistentVolumeClaims,
  pods,
  priorityClasses,
  serviceAccounts,
  storageClasses,
} from '@petrel/machinery/kinds'
import type { StatusError } from '@petrel/machinery/status'
import { FakeClock, seededRng } from '../../base/index.ts'
import type { AdmissionRequest } from '../contract.ts'
import { MemoryReader } from '../memory-reader.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { defaultAdmission } from './index.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { priority } from './priority.ts'
import { serviceAccount } from './service-account.ts'
import { pod, refused, request, run } from './try-plugin.ts'

test('defaultAdmission() runs the plugins in the order of upstream, without those that are off', () => {
  const options = { clock: new FakeClock(), rng: seededRng(1) }
  const names = [
    'NamespaceLifecycle',
    'ServiceAccount',
    'NodeRestriction',
    'TaintNodesByCondition',
    'Priority',
    'DefaultTolerationSeconds',
    'DefaultStorageClass',
    'DefaultIngressClass',
  ]
  assert.deepEqual(
    defaultAdmission(new MemoryReader(), options).map(plugin => plugin.name),
    names,
  )
  const disabled = defaultAdmission(new MemoryReader(), { ...options, disabled: ['ServiceAccount'] })
  assert.deepEqual(
    disabled.map(plugin => plugin.name),
    names.filter(name => name !== 'ServiceAccount'),
  )
})

test('NamespaceLifecycle keeps writes to namespaces that are there', async () => {
  const reader = new MemoryReader()
  const plugin = namespaceLifecycle(reader)
  const put = (namespace: Namespace): void => reader.put(namespaces, namespace)
  put({ metadata: { name: 'shop' }, status: { phase: 'Active' } })
  put({ metadata: { name: 'going' }, status: { phase: 'Terminating' } })
  put({ metadata: { name: 'marked', deletionTimestamp: '2026-01-01T00:00:00Z' } })
  const passes: Partial<AdmissionRequest>[] = [
    {},
    { namespace: 'going', operation: 'UPDATE' },
    { namespace: 'going', operation: 'CONNECT' },
    { namespace: 'none', operation: 'DELETE' },
  ]
  for (const change of passes) await run(plugin, request(pods, change))
  await run(plugin, request(nodes))
  await run(plugin, request(localSubjectAccessReviews, { namespace: 'none' }))
  for (const operation of ['CREATE', 'UPDATE', 'CONNECT'] as const) {
    await refused(plugin, request(pods, { namespace: 'none', operation }), 'namespaces "none" not found', 404)
  }
  for (const namespace of ['going', 'marked']) {
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`
    await refused(plugin, request(pods, { namespace, object: pod() }), `pods "p" is forbidden: ${why}`)
    await refused(
      plugin,
      request(pods, { namespace, object: pod({}, { generateName: 'p-' }) }),
      `pods "p-" is forbidden: ${why}`,
    )
  }
  await assert.rejects(run(plugin, request(pods, { namespace: 'going', object: pod() })), (error: StatusError) => {
    assert.deepEqual(error.status.details, {
      name: 'p',
      kind: 'pods',
      causes: [
        { reason: 'NamespaceTerminating', message: 'namespace going is being terminated', field: 'metadata.namespace' },
      ],
    })
    return true
  })
  for (const name of ['default', 'kube-system', 'kube-public']) {
    await refused(
      plugin,
      request(namespaces, { operation: 'DELETE', name }),
      `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    )
  }
  await run(plugin, request(namespaces, { operation: 'DELETE', name: 'shop' }))
})

function withAccounts() {
  const reader = new MemoryReader()
  const clock = new FakeClock()
  reader.put(serviceAccounts, { metadata: { namespace: 'shop', name: 'default', uid: 'a' } })
  reader.put(serviceAccounts, {
    metadata: { namespace: 'shop', name: 'quiet' },
    automountServiceAccountToken: false,
    imagePullSecrets: [{ name: 'reg' }],
  })
  return { reader, clock, plugin: serviceAccount(reader, clock, seededRng(7)) }
}

test('ServiceAccount mounts the token of the default account as upstream does', async () => {
  const object = pod({ initContainers: [{ name: 'i' }] })
  await run(withAccounts().plugin, request(pods, { object }))
  const name = object.spec?.volumes?.[0]?.name ?? ''
  assert.match(name, /^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  const volumeMounts = [{ name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }]
  assert.deepEqual(object.spec, {
    serviceAccountName: 'default',
    serviceAccount: 'default',
    initContainers: [{ name: 'i', volumeMounts }],
    containers: [{ name: 'c', volumeMounts }],
    volumes: [
      {
        name,
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            {
              downwardAPI: {
                items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
              },
            },
          ],
          defaultMode: 420,
        },
      },
    ],
  })
})

const mounted = { name: 'mine', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }
const accountCases: {
  name: string
  spec: Partial<NonNullable<Pod['spec']>>
  volumes: number
  mounts: number
  pullSecrets?: string[]
}[] = [
  { name: 'the account says no', spec: { serviceAccountName: 'quiet' }, volumes: 0, mounts: 0, pullSecrets: ['reg'] },
  {
    name: 'the pod says yes over the account',
    spec: { serviceAccountName: 'quiet', automountServiceAccountToken: true },
    volumes: 1,
    mounts: 1,
    pullSecrets: ['reg'],
  },
  { name: 'the pod says no', spec: { automountServiceAccountToken: false }, volumes: 0, mounts: 0 },
  { name: 'the path is taken', spec: { containers: [{ name: 'c', volumeMounts: [mounted] }] }, volumes: 0, mounts: 1 },
  {
    name: 'the volume is there',
    spec: { volumes: [{ name: 'kube-api-access-abcde', emptyDir: {} }] },
    volumes: 1,
    mounts: 1,
  },
  {
    name: 'the pod has pull secrets',
    spec: { serviceAccountName: 'quiet', imagePullSecrets: [{ name: 'own' }] },
    volumes: 0,
    mounts: 0,
    pullSecrets: ['own'],
  },
  {
    name: 'the old field names the account',
    spec: { serviceAccount: 'quiet' },
    volumes: 0,
    mounts: 0,
    pullSecrets: ['reg'],
  },
]

for (const { name, spec, volumes, mounts, pullSecrets } of accountCases) {
  test(`ServiceAccount respects what pod and account say when ${name}`, async () => {
    const object = pod(spec)
    await run(withAccounts().plugin, request(pods, { object }))
    assert.equal(object.spec?.volumes?.length ?? 0, volumes)
    assert.equal(object.spec?.containers[0]?.volumeMounts?.length ?? 0, mounts)
    assert.deepEqual(
      object.spec?.imagePullSecrets?.map(secret => secret.name),
      pullSecrets,
    )
  })
}

test('ServiceAccount refuses pods whose account does not exist and leaves updates alone', async () => {
  const { plugin } = withAccounts()
  await refused(
    plugin,
    request(pods, { object: pod({ serviceAccountName: 'x' }) }),
    'pods "p" is forbidden: error looking up service account shop/x: serviceaccount "x" not found',
  )
  const object = pod()
  await run(plugin, request(pods, { operation: 'UPDATE', object }))
  await run(plugin, request(pods, { subresource: 'eviction', object }))
  assert.deepEqual(object, pod())
})

test('ServiceAccount waits for the default account of a new namespace, and not for ever', async () => {
  const { reader, clock, plugin } = withAccounts()
  const object = pod()
  const waiting = run(plugin, request(pods, { namespace: 'new', object }))
  reader.put(serviceAccounts, { metadata: { namespace: 'new', name: 'other' } })
  reader.put(serviceAccounts, { metadata: { namespace: 'new', name: 'default' } })
  await waiting
  assert.equal(object.spec?.serviceAccountName, 'default')
  const tooLong = refused(
    plugin,
    request(pods, { namespace: 'never', object: pod() }),
    'pods "p" is forbidden: error looking up service account never/default: serviceaccount "default" not found',
  )
  await clock.advance(2000)
  await tooLong
  assert.deepEqual([reader.listeners, clock.pending], [0, 0])
})

test('ServiceAccount keeps mirror pods free of accounts and secrets', async () => {
  const { plugin } = withAccounts()
  const mirror = (spec: Partial<NonNullable<Pod['spec']>> = {}) =>
    request(pods, { object: pod(spec, { name: 'p', annotations: { 'kubernetes.io/config.mirror': 'x' } }) })
  const plain = mirror()
  await run(plugin, plain)
  assert.equal((plain.object as Pod).spec?.serviceAccountName, undefined)
  await refused(
    plugin,
    mirror({ serviceAccountName: 'default' }),
    'pods "p" is forbidden: a mirror pod may not reference service accounts',
  )
  await refused(
    plugin,
    mirror({ volumes: [{ name: 's', secret: { secretName: 's' } }] }),
    'pods "p" is forbidden: a mirror pod may not reference secrets',
  )
  await refused(
    plugin,
    mirror({ volumes: [{ name: 't', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] }),
    'pods "p" is forbidden: a mirror pod may not use ServiceAccountToken volume projections',
  )
})

const classes: PriorityClass[] = [
  { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' },
  { metadata: { name: 'plain' }, value: 10 },
]
const standard: PriorityClass = {
  metadata: { name: 'standard' },
  value: 5,
  globalDefault: true,
  preemptionPolicy: 'PreemptLowerPriority',
}

const priorities: { name: string; classes: PriorityClass[]; spec: object; result: object | string }[] = [
  { name: 'no class', classes, spec: {}, result: { priority: 0, preemptionPolicy: 'PreemptLowerPriority' } },
  {
    name: 'a class',
    classes,
    spec: { priorityClassName: 'high' },
    result: { priorityClassName: 'high', priority: 1000, preemptionPolicy: 'Never' },
  },
  {
    name: 'a class without policy',
    classes,
    spec: { priorityClassName: 'plain' },
    result: { priorityClassName: 'plain', priority: 10 },
  },
  {
    name: 'the default class',
    classes: [...classes, standard],
    spec: {},
    result: { priorityClassName: 'standard', priority: 5, preemptionPolicy: 'PreemptLowerPriority' },
  },
  {
    name: 'the lower of two defaults',
    classes: [standard, { ...standard, metadata: { name: 'lower' }, value: 2 }],
    spec: {},
    result: { priorityClassName: 'lower', priority: 2, preemptionPolicy: 'PreemptLowerPriority' },
  },
  {
    name: 'the right number',
    classes,
    spec: { priorityClassName: 'high', priority: 1000 },
    result: { priorityClassName: 'high', priority: 1000, preemptionPolicy: 'Never' },
  },
  {
    name: 'an unknown class',
    classes,
    spec: { priorityClassName: 'nope' },
    result: 'no PriorityClass with name nope was found',
  },
  {
    name: 'another number',
    classes,
    spec: { priority: 7 },
    result:
      'the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
  },
  {
    name: 'another policy',
    classes,
    spec: { priorityClassName: 'high', preemptionPolicy: 'PreemptLowerPriority' },
    result:
      'the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name',
  },
]

for (const { name, classes, spec, result } of priorities) {
  test(`Priority resolves ${name}`, async () => {
    const reader = new MemoryReader()
    for (const one of classes) reader.put(priorityClasses, one)
    const asked = request(pods, { object: pod(spec) })
    if (typeof result === 'string') return await refused(priority(reader), asked, `pods "p" is forbidden: ${result}`)
    await run(priority(reader), asked)
    const { containers, ...rest } = (asked.object as Pod).spec!
    assert.deepEqual(rest, result)
  })
}

test('Priority keeps what was filled in on update and allows one default class', async () => {
  const reader = new MemoryReader()
  const object = pod()
  await run(
    priority(reader),
    request(pods, { operation: 'UPDATE', object, oldObject: pod({ priority: 9, preemptionPolicy: 'Never' }) }),
  )
  assert.deepEqual([object.spec?.priority, object.spec?.preemptionPolicy], [9, 'Never'])
  reader.put(priorityClasses, standard)
  const second: PriorityClass = { ...standard, metadata: { name: 'second' } }
  const harmless: PriorityClass = { ...second, globalDefault: false }
  await refused(
    priority(reader),
    request(priorityClasses, { object: second }),
    'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass standard is already marked as default. Only one default can exist',
  )
  await run(priority(reader), request(priorityClasses, { operation: 'UPDATE', object: standard }))
  await run(priority(reader), request(priorityClasses, { object: harmless }))
})

const filled = (key: string) => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
})
const tolerations: { name: string; given: NonNullable<Pod['spec']>['tolerations']; added: string[] }[] = [
  { name: 'none', given: undefined, added: ['not-ready', 'unreachable'] },
  {
    name: 'not-ready',
    given: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', operator: 'Exists', tolerationSeconds: 5 }],
    added: ['unreachable'],
  },
  {
    name: 'not-ready of another effect',
    given: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
    added: ['not-ready', 'unreachable'],
  },
  { name: 'everything', given: [{ operator: 'Exists' }], added: [] },
  {
    name: 'every NoSchedule',
    given: [{ operator: 'Exists', effect: 'NoSchedule' }],
    added: ['not-ready', 'unreachable'],
  },
]

for (const { name, given, added } of tolerations) {
  test(`DefaultTolerationSeconds completes a pod that tolerates ${name}`, async () => {
    const object = pod(given && { tolerations: given })
    await run(defaultTolerationSeconds(), request(pods, { object }))
    assert.deepEqual(object.spec?.tolerations, [...(given ?? []), ...added.map(filled)])
  })
}

test('TaintNodesByCondition taints new nodes once', async () => {
  const [, , , plugin] = defaultAdmission(new MemoryReader(), { clock: new FakeClock(), rng: seededRng(1) })
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
  const taintsOf = async (object: Node, operation: AdmissionRequest['operation'] = 'CREATE') => {
    await run(plugin!, request(nodes, { object, operation }))
    return object.spec?.taints
  }
  assert.deepEqual(await taintsOf({ metadata: { name: 'n' } }), [taint])
  assert.deepEqual(
    await taintsOf({ metadata: { name: 'n' }, spec: { taints: [{ key: 'a', effect: 'NoExecute' }, taint] } }),
    [{ key: 'a', effect: 'NoExecute' }, taint],
  )
  assert.equal(await taintsOf({ metadata: { name: 'n' } }, 'UPDATE'), undefined)
})

test('DefaultStorageClass and DefaultIngressClass fill in the newest default', async () => {
  const reader = new MemoryReader()
  const [storage, ingress] = defaultAdmission(reader, { clock: new FakeClock(), rng: seededRng(1) }).slice(-2)
  const classOf = async (claim: PersistentVolumeClaim): Promise<string | undefined> => {
    await run(storage!, request(persistentVolumeClaims, { object: claim }))
    return claim.spec?.storageClassName
  }
  assert.equal(await classOf({ spec: {} }), undefined)
  const marked = (
    name: string,
    creationTimestamp: string,
    annotation: string,
  ): KubeObject & { provisioner: string } => ({
    metadata: { name, creationTimestamp, annotations: { [annotation]: 'true' } },
    provisioner: 'x',
  })
  reader.put(storageClasses, marked('old', '2026-01-01T00:00:00Z', 'storageclass.kubernetes.io/is-default-class'))
  reader.put(storageClasses, marked('b', '2026-01-02T00:00:00Z', 'storageclass.beta.kubernetes.io/is-default-class'))
  reader.put(storageClasses, marked('a', '2026-01-02T00:00:00Z', 'storageclass.kubernetes.io/is-default-class'))
  reader.put(storageClasses, {
    metadata: { name: 'plain', creationTimestamp: '2026-01-03T00:00:00Z' },
    provisioner: 'x',
  })
  assert.equal(await classOf({ spec: {} }), 'a')
  assert.equal(await classOf({ spec: { storageClassName: '' } }), '')
  assert.equal(
    await classOf({ spec: {}, metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 'z' } } }),
    undefined,
  )
  reader.put(ingressClasses, marked('web', '2026-01-01T00:00:00Z', 'ingressclass.kubernetes.io/is-default-class'))
  const ingressClassOf = async (object: Ingress): Promise<string | undefined> => {
    await run(ingress!, request(ingresses, { object }))
    return object.spec?.ingressClassName
  }
  assert.equal(await ingressClassOf({ spec: {} }), 'web')
  assert.equal(await ingressClassOf({ spec: { ingressClassName: 'own' } }), 'own')
  assert.equal(await ingressClassOf({ metadata: { annotations: { 'kubernetes.io/ingress.class': 'own' } } }), undefined)
})
