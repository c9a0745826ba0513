import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Container, Pod } from '@petrel/machinery/api/core-v1'
import type { Image } from '../runtime/index.ts'
import { containerConfig } from './container-config.ts'
import { ConfigError } from './container-env.ts'
import { hostnameOf, sandboxConfig } from './sandbox-config.ts'

const sources = {
  objects: { configMap: async () => undefined, secret: async () => undefined },
  node: { name: 'n1', addresses: ['192.0.2.1'], allocatable: {} },
  podIPs: ['10.1.0.2'],
  services: [],
}

interface Place {
  readonly root: string
  readonly volume: string
  config(
    container?: Partial<Container>,
    spec?: Partial<NonNullable<Pod['spec']>>,
    user?: string,
  ): ReturnType<typeof containerConfig>
}

function place(t: { after(fn: () => void): void }): Place {
  const root = mkdtempSync(join(tmpdir(), 'petrel-config-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const volume = join(root, 'volume')
  mkdirSync(volume)
  const podFolder = join(root, 'pod')
  return {
    root,
    volume,
    config(container = {}, spec = {}, user = '') {
      const own = { name: 'main', image: 'image', ...container }
      const pod: Pod = {
        metadata: { name: 'p', namespace: 'ns', uid: 'u' },
        spec: { containers: [own], volumes: [{ name: 'v', emptyDir: {} }], ...spec },
      }
      const image = { id: 'sha256:i', user } as Image
      const where = { podFolder, volumes: new Map([['v', volume]]), domain: 'cluster.local' }
      return containerConfig(pod, own, 1, image, sources, where)
    },
  }
}

const mount = (more: object = {}): Partial<Container> => ({
  volumeMounts: [{ name: 'v', mountPath: '/data', ...more }],
})

test('containerConfig() fills in commands and mounts volumes, hosts and the termination log', async t => {
  const { config, volume } = place(t)
  const { command, args, env, mounts, logPath, attempt, image } = await config({
    ...mount({ readOnly: true }),
    env: [{ name: 'A', value: 'one' }],
    command: ['run', '$(A)'],
    args: ['$(B)'],
  })
  assert.deepEqual(
    { command, args, env, logPath, attempt, image },
    {
      command: ['run', 'one'],
      args: ['$(B)'],
      env: [{ name: 'A', value: 'one' }],
      logPath: 'main/1.log',
      attempt: 1,
      image: 'sha256:i',
    },
  )
  assert.deepEqual(mounts[0], { containerPath: '/data', hostPath: volume, readonly: true })
  assert.deepEqual(
    mounts.map(({ containerPath }) => containerPath),
    ['/data', '/etc/hosts', '/dev/termination-log'],
  )
  assert.match(readFileSync(mounts[1]!.hostPath, 'utf8'), /\n10\.1\.0\.2\tp\n$/)
  // Whoever the container runs as leaves its last words there.
  assert.equal(statSync(mounts[2]!.hostPath).mode & 0o777, 0o666)
})

test('containerConfig() writes host names, with subdomain and aliases', async t => {
  const { config } = place(t)
  const hosts = async (spec: Partial<NonNullable<Pod['spec']>>): Promise<string> => {
    const { mounts } = await config({}, spec)
    return readFileSync(mounts.find(({ containerPath }) => containerPath === '/etc/hosts')!.hostPath, 'utf8')
  }
  assert.match(await hosts({ hostname: 'h', subdomain: 's' }), /\n10\.1\.0\.2\th\.s\.ns\.svc\.cluster\.local\th\n/)
  const aliases = [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }]
  assert.match(await hosts({ hostAliases: aliases }), /\n# Entries added by HostAliases\.\n1\.2\.3\.4\ta\tb\n$/)
})

test('containerConfig() makes folders of subPaths, and mounts files as they are', async t => {
  const { config, volume } = place(t)
  writeFileSync(join(volume, 'file'), '')
  const hostPath = async (more: object): Promise<string> =>
    (await config({ ...mount(more), env: [{ name: 'N', value: 'x' }] })).mounts[0]!.hostPath
  assert.equal(await hostPath({ subPath: 'a/b' }), join(volume, 'a/b'))
  assert.ok(statSync(join(volume, 'a/b')).isDirectory())
  assert.equal(await hostPath({ subPath: 'file' }), join(volume, 'file'))
  assert.equal(await hostPath({ subPathExpr: 'by-$(N)/' }), join(volume, 'by-x'))
})

for (const [what, subPath] of [
  ['a path upwards', '../pod'],
  ['a path that turns upwards', 'a/../../pod'],
  ['a link out', 'out'],
  ['a file behind a link out', 'out/file'],
  ['a folder to be made behind a link out', 'out/new/deep'],
  ['a link to nowhere', 'dangling'],
  ['a folder behind a link to nowhere', 'dangling/new'],
] as const) {
  test(`containerConfig() refuses ${what} as subPath, and makes nothing there`, async t => {
    const { config, volume, root } = place(t)
    const outside = join(root, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'file'), 'secret')
    symlinkSync(outside, join(volume, 'out'))
    symlinkSync(join(root, 'nowhere'), join(volume, 'dangling'))
    await assert.rejects(config(mount({ subPath })))
    assert.equal(existsSync(join(outside, 'new')), false)
    assert.equal(existsSync(join(root, 'nowhere')), false)
  })
}

test('containerConfig() mounts API data read only, and nothing that is not set up', async t => {
  const { config } = place(t)
  const readonly = async (volume: object): Promise<boolean | undefined> =>
    (await config(mount(), { volumes: [{ name: 'v', ...volume }] })).mounts[0]?.readonly
  assert.equal(await readonly({ configMap: { name: 'c' } }), true)
  assert.equal(await readonly({ emptyDir: {} }), false)
  const none = { volumeMounts: [{ name: 'none', mountPath: '/x' }] }
  await assert.rejects(config(none), new ConfigError('volume "none" of container "main" is not set up'))
})

test('containerConfig() lets the container’s security settings go before the pod’s', async t => {
  const { config } = place(t)
  const { securityContext } = await config(
    {
      securityContext: {
        runAsUser: 1000,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
      },
    },
    { securityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4] } },
  )
  assert.deepEqual(securityContext, {
    runAsUser: 1000,
    runAsGroup: 2,
    supplementalGroups: [4, 3],
    privileged: false,
    readonlyRootfs: true,
    noNewPrivs: true,
    addCapabilities: ['NET_ADMIN'],
    dropCapabilities: ['ALL'],
  })
})

const where = '(pod: "p_ns(u)", container: main)'
for (const [user, runAsUser, words] of [
  ['', undefined, `container has runAsNonRoot and image will run as root ${where}`],
  ['0:0', undefined, `container has runAsNonRoot and image will run as root ${where}`],
  [
    'root',
    undefined,
    `container has runAsNonRoot and image has non-numeric user (root), cannot verify user is non-root ${where}`,
  ],
  ['1000', 0, `container's runAsUser breaks non-root policy ${where}`],
  ['1000:1000', undefined, undefined],
  ['root', 1000, undefined],
] as const) {
  test(`containerConfig() with runAsNonRoot, image user "${user}" and runAsUser ${runAsUser}: ${words ? 'refused' : 'fine'}`, async t => {
    const securityContext = { runAsNonRoot: true, ...(runAsUser !== undefined && { runAsUser }) }
    const made = place(t).config({ securityContext }, {}, user)
    if (words) await assert.rejects(made, new ConfigError(words))
    else await made
  })
}

const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' }
const searches = ['ns.svc.cluster.local', 'svc.cluster.local', 'cluster.local']

function dnsOf(spec: Partial<NonNullable<Pod['spec']>>, dns = cluster) {
  const pod: Pod = { metadata: { name: 'p', namespace: 'ns', uid: 'u' }, spec: { containers: [], ...spec } }
  return sandboxConfig(pod, 0, '/logs', dns).dns
}

const clusterDns = { servers: ['10.96.0.10'], searches, options: ['ndots:5'] }
for (const [what, spec, expected] of [
  ['ClusterFirst', {}, clusterDns],
  ['ClusterFirst in the host network', { hostNetwork: true }, undefined],
  ['ClusterFirstWithHostNet', { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }, clusterDns],
  ['Default', { dnsPolicy: 'Default' }, undefined],
  [
    'None',
    { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'] } },
    { servers: ['1.1.1.1'], searches: [], options: [] },
  ],
  [
    'ClusterFirst with more',
    {
      dnsConfig: {
        nameservers: ['1.1.1.1', '10.96.0.10'],
        searches: ['example.com', 'cluster.local'],
        options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
      },
    },
    { servers: ['10.96.0.10', '1.1.1.1'], searches: [...searches, 'example.com'], options: ['ndots:2', 'edns0'] },
  ],
] as const) {
  test(`sandboxConfig() resolves names by dnsPolicy ${what}`, () => {
    assert.deepEqual(dnsOf(spec as unknown as Partial<NonNullable<Pod['spec']>>), expected)
  })
}

test('sandboxConfig() leaves names to the node while the cluster has no DNS', () => {
  assert.equal(dnsOf({}, { servers: [], domain: 'cluster.local' }), undefined)
})

test('sandboxConfig() maps host ports, cuts host names and sums limits where all have one', () => {
  const limits = { cpu: '500m', memory: '1Mi' }
  const containers: Container[] = [
    { name: 'a', ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 81 }], resources: { limits } },
    { name: 'b', resources: { limits, requests: { cpu: '100m' } } },
  ]
  const pod: Pod = { metadata: { name: 'p', namespace: 'ns', uid: 'u' }, spec: { containers } }
  const config = sandboxConfig(pod, 2, '/logs', cluster)
  assert.deepEqual(config.portMappings, [{ hostPort: 8080, containerPort: 80, protocol: 'TCP', hostIP: '' }])
  assert.deepEqual(config.resources, { cpuLimitMilli: 1000, cpuRequestMilli: 600, memoryLimitBytes: 2 << 20 })
  assert.equal(config.logDirectory, '/logs/ns_p_u')
  delete containers[0]!.resources
  assert.deepEqual(sandboxConfig(pod, 2, '/logs', cluster).resources, { cpuRequestMilli: 100 })
  assert.equal(hostnameOf({ metadata: { name: `${'a'.repeat(62)}.b` } }), 'a'.repeat(62))
})
