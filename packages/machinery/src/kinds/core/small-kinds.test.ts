import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  Event,
  LimitRangeItem,
  Node,
  PersistentVolumeSpec,
  ResourceQuotaSpec,
  Secret,
} from '../../api/core-v1.gen.ts'
import { FieldErrors } from '../../status/index.ts'
import type { Kind, KubeObject } from '../kind.ts'
import { cellsOf, created, faultsOf, testTime, updated } from './faults-of.ts'
import {
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaceFinalizeView,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
} from './index.ts'

const metadata = { name: 'a', namespace: 'ns', creationTimestamp: '2023-12-31T00:00:00Z' }
const keyRule =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
const immutable = 'field is immutable when `immutable` is set'
const mebibyte = 'x'.repeat(1024 * 1024)

type Case = [what: string, kind: Kind, object: object, old: object | undefined, ...faults: string[]]

const secret = (type: string, data: Record<string, string> = {}): Secret => ({ metadata, type, data })
const item = (given: Partial<LimitRangeItem>): object => ({
  metadata,
  spec: { limits: [{ type: 'Container', ...given }] },
})
const quota = (spec: ResourceQuotaSpec): object => ({ metadata, spec })
const node = (spec: Node['spec'], status: Node['status'] = {}): Node => ({
  metadata: { name: 'n' },
  spec: spec ?? {},
  status,
})
const volume = (given: PersistentVolumeSpec): object => ({
  metadata: { name: 'v' },
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, ...given },
})
const claim = (given: object, status?: object): object => ({
  metadata,
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...given },
  ...(status && { status }),
})
const event = (given: Partial<Event>): object => ({ metadata, involvedObject: { namespace: 'ns' }, ...given })
const controller = (given: object, labels = { app: 'a' }): object => ({
  metadata,
  spec: {
    selector: { app: 'a' },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
    ...given,
  },
})

const cases: Case[] = [
  ['is plain', configMaps, { metadata, data: { a: 'b' }, binaryData: { c: 'AAA=' } }, undefined],
  [
    'has a bad key',
    configMaps,
    { metadata, data: { 'a b': '' } },
    undefined,
    `data[a b]: Invalid value: "a b": ${keyRule}`,
  ],
  [
    'has a key twice',
    configMaps,
    { metadata, data: { a: '' }, binaryData: { a: '' } },
    undefined,
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ],
  ['is as large as may be', configMaps, { metadata, data: { a: mebibyte } }, undefined],
  [
    'is too large',
    configMaps,
    { metadata, data: { a: mebibyte, b: 'é' } },
    undefined,
    '[]: Too long: may not be more than 1048576 bytes',
  ],
  [
    'was frozen and thaws',
    configMaps,
    { metadata, data: { a: '2' } },
    { metadata, data: { a: '1' }, immutable: true },
    `immutable: Forbidden: ${immutable}`,
    `data: Forbidden: ${immutable}`,
  ],

  ['is plain', secrets, secret('', { a: 'eA==' }), undefined],
  ['has a bad key', secrets, secret('', { '..': '' }), undefined, `data[..]: Invalid value: "..": must not be '..'`],
  [
    'has no certificate',
    secrets,
    secret('kubernetes.io/tls', { 'tls.key': '' }),
    undefined,
    'data[tls.crt]: Required value',
  ],
  [
    'has neither name nor password',
    secrets,
    secret('kubernetes.io/basic-auth'),
    undefined,
    'data[username]: Required value',
    'data[password]: Required value',
  ],
  [
    'has no key',
    secrets,
    secret('kubernetes.io/ssh-auth', { 'ssh-privatekey': '' }),
    undefined,
    'data[ssh-privatekey]: Required value',
  ],
  [
    'is for no account',
    secrets,
    secret('kubernetes.io/service-account-token'),
    undefined,
    'metadata.annotations[kubernetes.io/service-account.name]: Required value',
  ],
  [
    'has a broken docker config',
    secrets,
    secret('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': 'eA==' }),
    undefined,
    'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": must be a JSON object',
  ],
  ['changes its type', secrets, secret('b'), secret('a'), 'type: Invalid value: "b": field is immutable'],
  [
    'was frozen and changes',
    secrets,
    { ...secret('a', { x: 'MQ==' }), immutable: true },
    { ...secret('a', { x: 'MA==' }), immutable: true },
    `data: Forbidden: ${immutable}`,
  ],

  ['is plain', namespaces, { metadata: { name: 'a' } }, undefined],
  [
    'has an odd finalizer',
    namespaces,
    { metadata: { name: 'a' }, spec: { finalizers: ['mine'] } },
    undefined,
    'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ],

  ['is plain', nodes, node({ taints: [{ key: 'a', effect: 'NoSchedule' }], podCIDRs: ['10.1.0.0/24'] }), undefined],
  [
    'has a taint without effect',
    nodes,
    node({ taints: [{ key: 'a', effect: '' }] }),
    undefined,
    'metadata.taints[0].effect: Required value',
  ],
  [
    'has a taint with an odd effect',
    nodes,
    node({ taints: [{ key: 'a', effect: 'X' }] }),
    undefined,
    'metadata.taints[0].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
  [
    'has a taint twice',
    nodes,
    node({ taints: [1, 2].map(() => ({ key: 'a', effect: 'NoExecute' })) }),
    undefined,
    'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoExecute"}: taints must be unique by key and effect pair',
  ],
  [
    'has less than nothing',
    nodes,
    node({}, { capacity: { cpu: '-1' }, allocatable: {} }),
    undefined,
    'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    'changes its block',
    nodes,
    node({ podCIDR: '10.2.0.0/24' }),
    node({ podCIDR: '10.1.0.0/24' }),
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
  ],
  [
    'changes its provider',
    nodes,
    node({ providerID: 'b' }),
    node({ providerID: 'a' }),
    'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
  ],
  ['gets a provider', nodes, node({ providerID: 'b' }), node({})],

  [
    'is plain',
    endpoints,
    { metadata, subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
    undefined,
  ],
  [
    'has no address',
    endpoints,
    { metadata, subsets: [{ ports: [{ port: 80 }] }] },
    undefined,
    'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
  ],
  [
    'points at the link',
    endpoints,
    { metadata, subsets: [{ addresses: [{ ip: '169.254.1.1' }] }] },
    undefined,
    'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  ],
  [
    'has ports without names',
    endpoints,
    { metadata, subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }, { port: 81, name: 'b' }] }] },
    undefined,
    'subsets[0].ports[0].name: Required value',
  ],

  ['is of the old form', events, event({}), undefined],
  [
    'is elsewhere than its object',
    events,
    event({ involvedObject: { namespace: 'other' } }),
    undefined,
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ],
  [
    'of the new form says nothing',
    events,
    event({ eventTime: '2024-01-01T00:00:00.000000Z' }),
    undefined,
    'reportingComponent: Required value',
    'reportingComponent: Invalid value: "": name part must be non-empty',
    `reportingComponent: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    'reportingInstance: Required value',
    'action: Required value',
    'reason: Required value',
  ],

  ['is plain', limitRanges, item({ max: { cpu: '1' }, min: { cpu: '100m' } }), undefined],
  [
    'has min above max',
    limitRanges,
    item({ type: 'Pod', max: { cpu: '1' }, min: { cpu: '2' } }),
    undefined,
    'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
  ],
  [
    'gives more than it allows',
    limitRanges,
    item({ max: { cpu: '1' }, default: { cpu: '2' }, defaultRequest: { cpu: '1' } }),
    undefined,
    'spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1',
  ],
  [
    'gives defaults to pods',
    limitRanges,
    item({ type: 'Pod', default: { cpu: '1' } }),
    undefined,
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
  ],
  [
    'has a ratio below one',
    limitRanges,
    item({ maxLimitRequestRatio: { cpu: '800m' } }),
    undefined,
    'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "800m": ratio 800m is less than 1',
  ],
  [
    'limits claims in nothing',
    limitRanges,
    item({ type: 'PersistentVolumeClaim' }),
    undefined,
    'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ],

  [
    'is plain',
    resourceQuotas,
    quota({ hard: { pods: '10', 'requests.cpu': '1', 'count/things.example.com': '3' } }),
    undefined,
  ],
  [
    'counts half pods',
    resourceQuotas,
    quota({ hard: { pods: '500m' } }),
    undefined,
    'spec.hard[pods]: Invalid value: "500m": must be an integer',
  ],
  [
    'counts what is unknown',
    resourceQuotas,
    quota({ hard: { color: '1' } }),
    undefined,
    'spec.hard[color]: Invalid value: "color": must be a standard resource type or fully qualified',
    'spec.hard[color]: Invalid value: "color": must be a standard resource for quota',
  ],
  [
    'wants contradictions',
    resourceQuotas,
    quota({ scopes: ['BestEffort', 'NotBestEffort'] }),
    undefined,
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
  ],
  [
    'changes its scopes',
    resourceQuotas,
    quota({ scopes: ['Terminating'] }),
    quota({}),
    'spec.scopes: Invalid value: ["Terminating"]: field is immutable',
  ],

  ['is plain', persistentVolumes, volume({ hostPath: { path: '/data' } }), undefined],
  ['has no source', persistentVolumes, volume({}), undefined, 'spec: Required value: must specify a volume type'],
  [
    'has no size',
    persistentVolumes,
    volume({ hostPath: { path: '/data' }, capacity: {} }),
    undefined,
    'spec.capacity: Required value',
    'spec.capacity: Unsupported value: {}: supported values: "storage"',
  ],
  [
    'recycles the root',
    persistentVolumes,
    volume({ hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' }),
    undefined,
    "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
  ],
  [
    'moves',
    persistentVolumes,
    volume({ hostPath: { path: '/b' } }),
    volume({ hostPath: { path: '/a' } }),
    'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n- hostPath.path: "/a"\n+ hostPath.path: "/b"',
  ],

  ['is plain', persistentVolumeClaims, claim({}), undefined],
  [
    'wants nothing',
    persistentVolumeClaims,
    claim({ accessModes: [], resources: {} }),
    undefined,
    'spec.accessModes: Required value: at least 1 access mode is required',
    'spec.resources[storage]: Required value',
  ],
  [
    'wants two things at once',
    persistentVolumeClaims,
    claim({ accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'] }),
    undefined,
    'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
  ],
  ['is bound', persistentVolumeClaims, claim({ volumeName: 'v' }), claim({})],
  ['gets a class', persistentVolumeClaims, claim({ storageClassName: 'fast' }), claim({})],
  [
    'changes its class',
    persistentVolumeClaims,
    claim({ storageClassName: 'b' }),
    claim({ storageClassName: 'a' }),
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n- storageClassName: "a"\n+ storageClassName: "b"',
  ],

  ['is plain', replicationControllers, controller({}), undefined],
  [
    'selects others',
    replicationControllers,
    controller({}, { app: 'b' }),
    undefined,
    'spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`',
  ],
  [
    'has a negative number of pods',
    replicationControllers,
    controller({ replicas: -1 }),
    undefined,
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'has no template',
    replicationControllers,
    { metadata, spec: { selector: { a: 'b' } } },
    undefined,
    'spec.template: Required value',
  ],
  [
    'restarts seldom',
    replicationControllers,
    controller({
      template: {
        metadata: { labels: { app: 'a' } },
        spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
      },
    }),
    undefined,
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],

  [
    'goes to no node',
    bindings,
    { metadata, target: { kind: 'Pod' } },
    undefined,
    'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
    'target.name: Required value',
  ],
  ['is plain', podTemplates, { metadata, template: { spec: { containers: [{ name: 'c', image: 'i' }] } } }, undefined],
]
for (const [what, kind, object, old, ...faults] of cases) {
  const verdict = faults.length === 0 ? 'accepted' : 'refused'
  test(`${kind.kind} ${old ? 'update ' : ''}is ${verdict} when it ${what}`, () => {
    assert.deepEqual(faultsOf(kind, object as KubeObject, old as KubeObject | undefined), faults)
  })
}

test('a bound claim may grow, and not shrink below what it has', () => {
  const sized = (storage: string): KubeObject =>
    claim({ volumeName: 'v', resources: { requests: { storage } } }) as KubeObject
  const status = { phase: 'Bound', capacity: { storage: '2Gi' } }
  const faults = (storage: string): string[] => {
    const errors = new FieldErrors()
    const old = { ...created(persistentVolumeClaims, sized('2Gi')), status }
    const now = updated(persistentVolumeClaims, sized(storage), old)
    persistentVolumeClaims.strategy.validateUpdate?.(now, old, errors)
    return errors.list.map(error => `${error.field}: ${error.message}`)
  }
  assert.deepEqual(faults('3Gi'), [])
  assert.deepEqual(faults('1Gi'), [
    'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
  ])
})

test('namespaces are Active, named by a label, and held by a finalizer that updates cannot take', () => {
  const namespace = created(namespaces, { metadata: { name: 'a' } })
  assert.deepEqual(namespace, {
    metadata: { name: 'a', labels: { 'kubernetes.io/metadata.name': 'a' } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  })
  const now = updated(namespaces, { metadata: { name: 'a' }, spec: { finalizers: [] } }, namespace)
  assert.deepEqual(now.spec, { finalizers: ['kubernetes'] })
  const emptied = { metadata: { name: 'a' }, spec: { finalizers: [] }, status: { phase: 'Odd' } }
  namespaceFinalizeView.prepareForUpdate(emptied, namespace)
  assert.deepEqual([emptied.spec.finalizers, emptied.status.phase], [[], 'Active'])
})

test('namespace status follows deletion', () => {
  const errors = new FieldErrors()
  const status = { phase: 'Terminating' }
  namespaces.subresources.status?.validateUpdate?.({ metadata: { name: 'a' }, status }, {}, errors)
  const path = 'status.Phase'
  assert.equal(errors.list[0]?.field, path)
  namespaces.subresources.status?.validateUpdate?.({ metadata: { deletionTimestamp: 'now' }, status }, {}, errors)
  assert.equal(errors.list.length, 1)
})

test('secrets take stringData over data, in UTF-8, and keep it no longer', () => {
  const stored = created(secrets, { metadata, data: { a: 'eA==', b: 'eQ==' }, stringData: { a: 'é✓' } })
  assert.deepEqual(stored, { metadata, type: 'Opaque', data: { a: Buffer.from('é✓').toString('base64'), b: 'eQ==' } })
})

test('limit ranges complete what containers get', () => {
  const limits = created(limitRanges, item({ max: { cpu: '2' }, min: { memory: '64Mi' }, default: { memory: '1Gi' } }))
  assert.deepEqual((limits as { spec: { limits: object[] } }).spec.limits[0], {
    type: 'Container',
    max: { cpu: '2' },
    min: { memory: '64Mi' },
    default: { cpu: '2', memory: '1Gi' },
    defaultRequest: { cpu: '2', memory: '1Gi' },
  })
})

test('replication controllers select by their template when they say nothing', () => {
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }
  const stored = created(replicationControllers, { metadata: { name: 'a' }, spec: { template } })
  assert.deepEqual(
    [stored.spec?.selector, stored.metadata?.labels, stored.spec?.replicas],
    [{ app: 'a' }, { app: 'a' }, 1],
  )
  assert.equal(replicationControllers.subresources.scale?.selector(stored), 'app=a')
})

test('service accounts keep of a secret its name alone', () => {
  const { secrets: kept } = created(serviceAccounts, {
    metadata,
    secrets: [{ name: 's', namespace: 'other', uid: 'u' }],
  })
  assert.deepEqual(kept, [{ name: 's' }])
})

test('volumes remember when their phase changed', () => {
  const stored = created(persistentVolumes, volume({ hostPath: { path: '/a' } }) as KubeObject) as { status?: object }
  assert.deepEqual(stored.status, { phase: 'Pending', lastPhaseTransitionTime: '2024-01-01T00:00:00Z' })
  const now = { status: { phase: 'Bound' } }
  const context = { now: testTime + 5000, user: { username: '', groups: [] }, dryRun: false }
  persistentVolumes.subresources.status?.prepareForUpdate?.(now, stored, context)
  assert.deepEqual(now.status, { phase: 'Bound', lastPhaseTransitionTime: '2024-01-01T00:00:05Z' })
})

const rows: [kind: Kind, object: object, cells: Record<string, string | number>][] = [
  [configMaps, { metadata, data: { a: '' }, binaryData: { b: '', c: '' } }, { Name: 'a', Data: 3, Age: '24h' }],
  [secrets, secret('Opaque', { a: '' }), { Name: 'a', Type: 'Opaque', Data: 1, Age: '24h' }],
  [namespaces, { metadata, status: { phase: 'Active' } }, { Name: 'a', Status: 'Active', Age: '24h' }],
  [serviceAccounts, { metadata: { name: 'a' } }, { Name: 'a', Age: '<unknown>' }],
  [
    nodes,
    {
      metadata: {
        ...metadata,
        labels: {
          'node-role.kubernetes.io/worker': '',
          'node-role.kubernetes.io/edge': '',
          'kubernetes.io/role': 'edge',
        },
      },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [
          { type: 'Hostname', address: 'h' },
          { type: 'InternalIP', address: '10.0.0.1' },
        ],
        nodeInfo: { kubeletVersion: 'v1.36.0', kernelVersion: '6.1', architecture: 'amd64', osImage: 'Debian' },
      },
    },
    {
      Name: 'a',
      Status: 'Ready,SchedulingDisabled',
      Roles: 'edge,worker',
      Age: '24h',
      Version: 'v1.36.0',
      'Internal-IP': '10.0.0.1',
      'External-IP': '<none>',
      'OS-Image': 'Debian',
      'Kernel-Version': '6.1 (amd64)',
      'Container-Runtime': '<unknown>',
    },
  ],
  [
    nodes,
    { metadata: { name: 'n' }, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } },
    {
      Name: 'n',
      Status: 'NotReady',
      Roles: '<none>',
      Age: '<unknown>',
      Version: '',
      'Internal-IP': '<none>',
      'External-IP': '<none>',
      'OS-Image': '<unknown>',
      'Kernel-Version': '<unknown>',
      'Container-Runtime': '<unknown>',
    },
  ],
  [endpoints, { metadata }, { Name: 'a', Endpoints: '<none>', Age: '24h' }],
  [
    endpoints,
    {
      metadata,
      subsets: [{ addresses: ['1.1.1.1', 'fd00::1'].map(ip => ({ ip })), ports: [{ port: 80 }, { port: 81 }] }],
    },
    { Name: 'a', Endpoints: '1.1.1.1:80,[fd00::1]:80,1.1.1.1:81 + 1 more...', Age: '24h' },
  ],
  [
    events,
    event({
      involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'spec.containers{c}' },
      lastTimestamp: '2023-12-31T23:59:00Z',
      firstTimestamp: '2023-12-31T23:00:00Z',
      count: 7,
      type: 'Warning',
      reason: 'BackOff',
      message: ' text\n',
      source: { component: 'kubelet', host: 'n1' },
    }),
    {
      'Last Seen': '60s',
      Type: 'Warning',
      Reason: 'BackOff',
      Object: 'pod/p',
      Subobject: 'spec.containers{c}',
      Source: 'kubelet, n1',
      Message: 'text',
      'First Seen': '60m',
      Count: 7,
      Name: 'a',
    },
  ],
  [
    events,
    event({ involvedObject: { kind: 'Node' }, eventTime: '2023-12-31T23:59:50.000000Z', reportingComponent: 'petrel' }),
    {
      'Last Seen': '10s',
      Type: '',
      Reason: '',
      Object: 'node',
      Subobject: '',
      Source: 'petrel',
      Message: '',
      'First Seen': '10s',
      Count: 1,
      Name: 'a',
    },
  ],
  [
    componentStatuses,
    { metadata: { name: 'a' }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] },
    { Name: 'a', Status: 'Healthy', Message: 'ok', Error: '' },
  ],
  [
    replicationControllers,
    { ...controller({ replicas: 3 }), status: { replicas: 2, readyReplicas: 1 } },
    { Name: 'a', Desired: 3, Current: 2, Ready: 1, Age: '24h', Containers: 'c', Images: 'i:1', Selector: 'app=a' },
  ],
  [
    podTemplates,
    {
      metadata,
      template: {
        spec: {
          containers: [
            { name: 'b', image: 'x' },
            { name: 'c', image: 'y' },
          ],
        },
      },
    },
    { Name: 'a', Containers: 'b,c', Images: 'x,y', 'Pod Labels': '<none>' },
  ],
  [
    resourceQuotas,
    { metadata, status: { hard: { pods: '10', 'limits.cpu': '2', cpu: '1' }, used: { pods: '3' } } },
    { Name: 'a', Request: 'cpu: 0/1, pods: 3/10', Limit: 'limits.cpu: 0/2', Age: '24h' },
  ],
  [
    persistentVolumes,
    {
      ...volume({
        hostPath: { path: '/a' },
        claimRef: { namespace: 'ns', name: 'c' },
        persistentVolumeReclaimPolicy: 'Retain',
        volumeMode: 'Block',
      }),
      status: { phase: 'Bound' },
    },
    {
      Name: 'v',
      Capacity: '1Gi',
      'Access Modes': 'RWO',
      'Reclaim Policy': 'Retain',
      Status: 'Bound',
      Claim: 'ns/c',
      StorageClass: '',
      VolumeAttributesClass: '<unset>',
      Reason: '',
      Age: '<unknown>',
      VolumeMode: 'Block',
    },
  ],
  [
    persistentVolumeClaims,
    claim(
      { volumeName: 'v', storageClassName: 'fast' },
      { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteMany', 'ReadWriteOnce'] },
    ),
    {
      Name: 'a',
      Status: 'Bound',
      Volume: 'v',
      Capacity: '2Gi',
      'Access Modes': 'RWO,RWX',
      StorageClass: 'fast',
      VolumeAttributesClass: '<unset>',
      Age: '24h',
      VolumeMode: '<unset>',
    },
  ],
]
for (const [kind, object, cells] of rows) {
  test(`${kind.kind} columns show ${Object.values(cells).slice(1, 3).join(' ')}`, () => {
    assert.deepEqual(cellsOf(kind, object as KubeObject), cells)
  })
}
