import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod, PodSpec, Volume } from '../../../api/core-v1.gen.ts'
import { pods } from '../pod/index.ts'
import { setPodTemplateDefaults } from './defaults.ts'
import { imageTag } from './image-tag.ts'

const defaulted = (spec: PodSpec): PodSpec => {
  const pod: Pod = { metadata: { name: 'p' }, spec: structuredClone(spec) }
  pods.setDefaults?.(pod)
  return pod.spec!
}
const container = (given: Partial<Container>): Container =>
  defaulted({ containers: [{ name: 'c', image: 'nginx', ...given }] }).containers[0]!
const volume = (given: Partial<Volume>): Volume =>
  defaulted({ containers: [], volumes: [{ name: 'v', ...given }] }).volumes![0]!

test('pods get what upstream fills into an all but empty pod', () => {
  assert.deepEqual(defaulted({ containers: [{ name: 'c', image: 'nginx' }] }), {
    containers: [
      {
        name: 'c',
        image: 'nginx',
        imagePullPolicy: 'Always',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    dnsPolicy: 'ClusterFirst',
    enableServiceLinks: true,
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  })
})

test('setDefaults() changes nothing the second time', () => {
  const once = defaulted({
    containers: [{ name: 'c', image: 'a:1', ports: [{ containerPort: 80 }], livenessProbe: { httpGet: { port: 80 } } }],
    volumes: [{ name: 'v' }],
    serviceAccount: 'robot',
  })
  assert.deepEqual(defaulted(once), once)
})

test('setDefaults() keeps what is set, zero included where zero means something', () => {
  const spec = defaulted({
    containers: [],
    terminationGracePeriodSeconds: 0,
    enableServiceLinks: false,
    dnsPolicy: 'None',
  })
  assert.equal(spec.terminationGracePeriodSeconds, 0)
  assert.equal(spec.enableServiceLinks, false)
  assert.equal(spec.dnsPolicy, 'None')
})

test('setDefaults() reads the old name of the service account and writes both', () => {
  const { serviceAccount, serviceAccountName } = defaulted({ containers: [], serviceAccount: 'robot' })
  assert.deepEqual({ serviceAccount, serviceAccountName }, { serviceAccount: 'robot', serviceAccountName: 'robot' })
})

const images: [image: string, tag: string | undefined, pull: string][] = [
  ['nginx', 'latest', 'Always'],
  ['nginx:latest', 'latest', 'Always'],
  ['nginx:1.27', '1.27', 'IfNotPresent'],
  ['registry.example:5000/team/app', 'latest', 'Always'],
  ['registry.example:5000/team/app:v2', 'v2', 'IfNotPresent'],
  [`nginx@sha256:${'0'.repeat(64)}`, undefined, 'IfNotPresent'],
  [`nginx:latest@sha256:${'0'.repeat(64)}`, 'latest', 'Always'],
  ['localhost/app', 'latest', 'Always'],
  ['Upper/app', 'latest', 'Always'],
  ['UPPER', undefined, 'IfNotPresent'],
  ['', undefined, 'IfNotPresent'],
  ['a b', undefined, 'IfNotPresent'],
  ['petrel.dev/node', 'latest', 'Always'],
]
for (const [image, tag, pull] of images) {
  test(`imagePullPolicy of ${JSON.stringify(image)} is ${pull}`, () => {
    assert.equal(imageTag(image), tag)
    assert.equal(container({ image }).imagePullPolicy, pull)
  })
}

test('ports get a protocol, and the port of the host on its network', () => {
  assert.deepEqual(container({ ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }] }).ports, [
    { containerPort: 80, protocol: 'TCP' },
    { containerPort: 53, protocol: 'UDP' },
  ])
  const spec = defaulted({ hostNetwork: true, containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] })
  assert.deepEqual(spec.containers[0]!.ports, [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }])
  const template = { spec: { hostNetwork: true, containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] } }
  setPodTemplateDefaults(template)
  assert.deepEqual(template.spec.containers[0]!.ports, [{ containerPort: 80, protocol: 'TCP' }])
})

test('requests follow from limits in pods, amounts are canonical', () => {
  const { resources } = container({
    resources: { limits: { cpu: '2000m', memory: '1024Mi' }, requests: { cpu: '0.5' } },
  })
  assert.deepEqual(resources, { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } })
  assert.deepEqual(container({ resources: { requests: { cpu: '100u' } } }).resources, { requests: { cpu: '1m' } })
})

test('requests of the whole pod follow from its containers and limits', () => {
  const spec = defaulted({
    resources: { limits: { cpu: '2', memory: '1Gi' } },
    containers: [
      { name: 'a', resources: { requests: { cpu: '200m' } } },
      { name: 'b', resources: { requests: { cpu: '300m' } } },
    ],
  })
  assert.deepEqual(spec.resources?.requests, { cpu: '500m', memory: '1Gi' })
})

test('probes and handlers get their numbers', () => {
  const probe = { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 }
  const { livenessProbe, readinessProbe, lifecycle } = container({
    livenessProbe: { httpGet: { port: 80 } },
    readinessProbe: { grpc: { port: 9000 }, periodSeconds: 3 },
    lifecycle: { preStop: { httpGet: { port: 'web' } } },
  })
  assert.deepEqual(livenessProbe, { ...probe, httpGet: { path: '/', port: 80, scheme: 'HTTP' } })
  assert.deepEqual(readinessProbe, { ...probe, periodSeconds: 3, grpc: { port: 9000, service: '' } })
  assert.deepEqual(lifecycle, { preStop: { httpGet: { path: '/', port: 'web', scheme: 'HTTP' } } })
})

test('variables from the pod get a version and a divisor', () => {
  const { env } = container({
    env: [
      { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
    ],
  })
  assert.deepEqual(env, [
    { name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    { name: 'B', valueFrom: { resourceFieldRef: { divisor: '0', resource: 'limits.cpu' } } },
  ])
})

const volumes: [given: Partial<Volume>, filled: Partial<Volume>][] = [
  [{}, { emptyDir: {} }],
  [{ hostPath: { path: '/tmp' } }, { hostPath: { path: '/tmp', type: '' } }],
  [{ secret: { secretName: 's' } }, { secret: { secretName: 's', defaultMode: 420 } }],
  [{ configMap: { name: 'm', defaultMode: 0 } }, { configMap: { name: 'm', defaultMode: 0 } }],
  [
    { projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
    { projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }] } },
  ],
  [
    { downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    {
      downwardAPI: {
        defaultMode: 420,
        items: [{ path: 'l', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.labels' } }],
      },
    },
  ],
  [{ image: { reference: 'data:1' } }, { image: { reference: 'data:1', pullPolicy: 'IfNotPresent' } }],
]
for (const [given, filled] of volumes) {
  test(`volume ${JSON.stringify(given)} is filled`, () => assert.deepEqual(volume(given), { name: 'v', ...filled }))
}
