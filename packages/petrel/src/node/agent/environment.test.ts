import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, Container, Pod, Secret, Service } from '@petrel/machinery/api/core-v1'
import { ConfigError, containerEnv, serviceEnv } from './container-env.ts'
import { fieldValue, resourceValue } from './downward.ts'
import { expand } from './expand-env.ts'

const values = new Map([
  ['A', 'one'],
  ['B', '$(A)'],
])

for (const [text, expected] of [
  ['$(A)', 'one'],
  ['x$(A)y$(A)', 'xoneyone'],
  ['$(B)', '$(A)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$one'],
  ['$(NONE)', '$(NONE)'],
  ['$(constructor)', '$(constructor)'],
  ['$A $', '$A $'],
  ['$(A', '$(A'],
  ['$()', '$()'],
] as const) {
  test(`expand() makes ${expected} of ${text}`, () => assert.equal(expand(text, values), expected))
}

const pod: Pod = {
  metadata: {
    name: 'p',
    namespace: 'ns',
    uid: 'u',
    labels: { b: '2', a: '1' },
    annotations: { 'example.com/x': 'say "hi"\n' },
  },
  spec: {
    serviceAccountName: 'sa',
    containers: [
      { name: 'main', resources: { limits: { cpu: '1500m', memory: '64Mi' }, requests: { cpu: '250m' } } },
      { name: 'bare' },
    ],
  },
}
const node = { name: 'n1', addresses: ['192.0.2.1', '2001:db8::1'], allocatable: { cpu: '4', memory: '8Gi' } }
const podIPs = ['10.1.0.2', 'fd00::2']

for (const [path, expected] of [
  ['metadata.name', 'p'],
  ['metadata.namespace', 'ns'],
  ['metadata.uid', 'u'],
  ['metadata.labels', 'a="1"\nb="2"'],
  ['metadata.annotations', 'example.com/x="say \\"hi\\"\\n"'],
  ["metadata.labels['a']", '1'],
  ["metadata.labels['none']", ''],
  ["metadata.annotations['example.com/x']", 'say "hi"\n'],
  ['spec.nodeName', 'n1'],
  ['spec.serviceAccountName', 'sa'],
  ['status.hostIP', '192.0.2.1'],
  ['status.hostIPs', '192.0.2.1,2001:db8::1'],
  ['status.podIP', '10.1.0.2'],
  ['status.podIPs', '10.1.0.2,fd00::2'],
] as const) {
  test(`fieldValue() of ${path}`, () => assert.equal(fieldValue(pod, path, node, podIPs), expected))
}

for (const [resource, divisor, containerName, expected] of [
  ['limits.cpu', undefined, undefined, '2'],
  ['limits.cpu', '1m', undefined, '1500'],
  ['requests.cpu', '0', undefined, '1'],
  ['requests.cpu', '1m', undefined, '250'],
  ['limits.memory', '1Mi', undefined, '64'],
  ['limits.memory', undefined, 'bare', '8589934592'],
  ['limits.cpu', '1', 'bare', '4'],
  ['requests.memory', undefined, 'bare', '0'],
] as const) {
  test(`resourceValue() of ${resource} by ${divisor} of ${containerName ?? 'its own container'}`, () => {
    const selector = { resource, ...(divisor && { divisor }), ...(containerName && { containerName }) }
    assert.equal(resourceValue(pod, pod.spec?.containers[0], selector, node), expected)
  })
}

const configMap: ConfigMap = { metadata: { name: 'config' }, data: { KEY: 'config', SHARED: 'config' } }
const secret: Secret = { metadata: { name: 'secret' }, data: { SHARED: btoa('secret'), PASS: btoa('word') } }
const service: Service = {
  metadata: { name: 'my-db', namespace: 'ns' },
  spec: {
    clusterIP: '10.96.0.5',
    ports: [
      { name: 'sql-main', port: 5432, protocol: 'TCP' },
      { port: 53, protocol: 'UDP' },
    ],
  },
}

async function envOf(
  container: Partial<Container>,
  services: readonly Service[] = [],
): Promise<Record<string, string>> {
  const objects = {
    configMap: async (_namespace: string, name: string) => (name === 'config' ? configMap : undefined),
    secret: async (_namespace: string, name: string) => (name === 'secret' ? secret : undefined),
  }
  const own = { ...pod.spec!.containers[0]!, ...container }
  return Object.fromEntries(await containerEnv(pod, own, { objects, node, podIPs, services }))
}

test('containerEnv() takes the later of equal names: services, envFrom in order, env', async () => {
  const env = await envOf(
    {
      envFrom: [
        { configMapRef: { name: 'config' } },
        { secretRef: { name: 'secret' } },
        { prefix: 'X_', configMapRef: { name: 'config' } },
      ],
      env: [
        { name: 'PASS', value: 'mine' },
        { name: 'MY_DB_SERVICE_PORT', value: '1' },
      ],
    },
    [service],
  )
  assert.equal(env['KEY'], 'config')
  assert.equal(env['SHARED'], 'secret')
  assert.equal(env['PASS'], 'mine')
  assert.equal(env['X_KEY'], 'config')
  assert.equal(env['MY_DB_SERVICE_PORT'], '1')
  assert.equal(env['MY_DB_SERVICE_HOST'], '10.96.0.5')
})

test('containerEnv() fills values from those before them', async () => {
  const env = await envOf({
    env: [
      { name: 'LATE', value: '$(HOST)' },
      { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'URL', value: 'http://$(HOST)/$$(HOST)' },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'PASS', valueFrom: { secretKeyRef: { name: 'secret', key: 'PASS' } } },
      { name: 'EMPTY' },
    ],
  })
  assert.deepEqual(env, {
    LATE: '$(HOST)',
    HOST: '10.1.0.2',
    URL: 'http://10.1.0.2/$(HOST)',
    CPU: '2',
    PASS: 'word',
    EMPTY: '',
  })
})

const key = (kind: 'configMapKeyRef' | 'secretKeyRef', name: string, keyName: string, optional = false) => ({
  env: [{ name: 'X', valueFrom: { [kind]: { name, key: keyName, optional } } }],
})

for (const [what, container, words] of [
  ['a config map that is not there', key('configMapKeyRef', 'none', 'KEY'), 'configmap "none" not found'],
  ['a secret that is not there', key('secretKeyRef', 'none', 'KEY'), 'secret "none" not found'],
  ['a key that is not there', key('configMapKeyRef', 'config', 'NO'), "couldn't find key NO in ConfigMap ns/config"],
  ['a secret’s key that is not there', key('secretKeyRef', 'secret', 'NO'), "couldn't find key NO in Secret ns/secret"],
  ['all of nothing', { envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
] as const) {
  test(`containerEnv() refuses ${what}`, async () => {
    await assert.rejects(envOf(container as unknown as Container), new ConfigError(words))
  })
}

test('containerEnv() leaves out what is optional and not there', async () => {
  assert.deepEqual(await envOf(key('secretKeyRef', 'none', 'KEY', true)), {})
  assert.deepEqual(await envOf(key('configMapKeyRef', 'config', 'NO', true)), {})
  assert.deepEqual(await envOf({ envFrom: [{ configMapRef: { name: 'none', optional: true } }] }), {})
})

test('serviceEnv() tells of the services of the namespace and of kubernetes', () => {
  const master = {
    metadata: { name: 'kubernetes', namespace: 'default' },
    spec: { clusterIP: '10.96.0.1', ports: [{ port: 443 }] },
  }
  const other = { ...service, metadata: { name: 'other', namespace: 'elsewhere' } }
  const headless = {
    metadata: { name: 'headless', namespace: 'ns' },
    spec: { clusterIP: 'None', ports: [{ port: 1 }] },
  }
  const env = Object.fromEntries(serviceEnv(pod, [service, master, other, headless]))
  assert.deepEqual(
    Object.keys(env).filter(name => !name.startsWith('MY_DB') && !name.startsWith('KUBERNETES')),
    [],
  )
  assert.equal(env['KUBERNETES_SERVICE_HOST'], '10.96.0.1')
  assert.deepEqual(Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('MY_DB'))), {
    MY_DB_SERVICE_HOST: '10.96.0.5',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_SQL_MAIN: '5432',
    MY_DB_PORT: 'tcp://10.96.0.5:5432',
    MY_DB_PORT_5432_TCP: 'tcp://10.96.0.5:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '10.96.0.5',
    MY_DB_PORT_53_UDP: 'udp://10.96.0.5:53',
    MY_DB_PORT_53_UDP_PROTO: 'udp',
    MY_DB_PORT_53_UDP_PORT: '53',
    MY_DB_PORT_53_UDP_ADDR: '10.96.0.5',
  })
  const unlinked = { ...pod, spec: { ...pod.spec!, enableServiceLinks: false } }
  assert.ok(serviceEnv(unlinked, [service, master]).every(([name]) => name.startsWith('KUBERNETES')))
})
