/** Pods on the bridge, services and cluster DNS, for real, in a network namespace of the test's own. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { silentLogger, systemClock } from '../../../base/index.ts'
import {
  BridgeNetwork,
  ClusterZone,
  DnsForwarder,
  DnsServer,
  type ProxiedService,
  type ProxiedSlice,
  ServiceProxy,
  whyNoPodNetwork,
} from '../../network/index.ts'
import {
  containerConfig,
  podConfig,
  startNode,
  startPod,
  type TestNode,
  temporaryFolder,
  whyNoContainers,
} from './pod-fixture.ts'

const own = process.env['PETREL_TEST_NETNS'] === '1'
const why = whyNoContainers() || (await whyNoPodNetwork())

const network = { id: 'test', podCidr: '10.199.0.0/24', serviceCidr: '10.198.0.0/16' }
const clusterIp = '10.198.0.7'
const dnsIp = '10.198.0.10'

if (!own) {
  test('pods, services and names in a network namespace of their own', { skip: why ?? false }, () => {
    const file = fileURLToPath(import.meta.url)
    const env = { ...process.env, PETREL_TEST_NETNS: '1' }
    // Set by the test runner for its children; this one is to report in words.
    Reflect.deleteProperty(env, 'NODE_TEST_CONTEXT')
    const run = spawnSync('unshare', ['-n', process.execPath, '--test-reporter=spec', file], {
      env,
      encoding: 'utf8',
      timeout: 60_000,
    })
    assert.equal(run.status, 0, run.stdout + run.stderr)
    process.stdout.write(run.stdout)
  })
} else {
  describe('pod network', () => {
    let node: TestNode
    let bridge: BridgeNetwork
    let proxy: ServiceProxy
    let server: Awaited<ReturnType<typeof startPod>>
    let client: Awaited<ReturnType<typeof startPod>>
    let serverIp = ''

    const run = async (script: string): Promise<string> => {
      const result = await node.runtime.execSync(client.id, ['sh', '-c', script], 5000)
      return String(result.stdout) + String(result.stderr)
    }
    const host = (script: string): string => {
      const result = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
      return result.stdout + result.stderr
    }
    const service = (spec: ProxiedService['spec'] = {}): ProxiedService => ({
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        type: 'NodePort',
        clusterIP: clusterIp,
        ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
        ...spec,
      },
    })
    const slice = (ips: readonly string[]): ProxiedSlice => ({
      metadata: { namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      endpoints: ips.map(ip => ({ addresses: [ip], nodeName: 'n1', conditions: { ready: true } })),
    })

    before(async () => {
      execFileSync('ip', ['link', 'set', 'lo', 'up'])
      const folder = temporaryFolder()
      bridge = await BridgeNetwork.open({ directory: join(folder, 'network'), ...network })
      proxy = new ServiceProxy({ nodeName: 'n1', ...network })
      node = await startNode({ network: bridge }, folder)
      const serve = 'while :; do echo "I am $(hostname)" | nc -l -p 8080; done'
      const ports = [{ protocol: 'TCP' as const, containerPort: 8080, hostPort: 8088, hostIP: '' }]
      server = await startPod(node, containerConfig(serve), { hostname: 'server', portMappings: ports })
      client = await startPod(node, containerConfig('sleep 1000', { name: 'client', logPath: 'client/0.log' }), {
        hostname: 'client',
        dns: { servers: [dnsIp], searches: ['default.svc.cluster.local'], options: ['ndots:5'] },
      })
      serverIp = (await node.runtime.podSandboxStatus(server.sandboxId)).ips[0] ?? ''
      await proxy.update([service()], [slice([serverIp])])
    })
    after(async () => {
      await node[Symbol.asyncDispose]()
      await proxy.cleanup()
      await bridge.cleanup()
      assert.equal(host('nft list tables').trim(), '')
    })

    const eventually = async (what: () => Promise<string> | string, expected: RegExp): Promise<void> => {
      let seen = ''
      // The server in the pod listens anew for each connection.
      for (let tried = 0; tried < 50; tried++) {
        seen = await what()
        if (expected.test(seen)) return
        await new Promise(resolve => setTimeout(resolve, 20))
      }
      assert.match(seen, expected)
    }

    test('pods have addresses of the range and reach each other', async () => {
      assert.match(serverIp, /^10\.199\.0\./)
      await eventually(() => run(`nc -w 2 ${serverIp} 8080 </dev/null`), /I am server/)
    })

    test('a service answers at its ClusterIP from a pod and from the host', async () => {
      await eventually(() => run(`nc -w 2 ${clusterIp} 80 </dev/null`), /I am server/)
      await eventually(() => host(`busybox nc -w 2 ${clusterIp} 80 </dev/null`), /I am server/)
    })

    test('a pod reaches itself through its service', async () => {
      await proxy.update(
        [service()],
        [{ ...slice([serverIp]), ports: [{ name: 'http', protocol: 'TCP', port: 8081 }] }],
      )
      const script = 'echo myself | nc -l -p 8081 & sleep 0.1; nc -w 2 10.198.0.7 80 </dev/null'
      const result = await node.runtime.execSync(server.id, ['sh', '-c', script], 5000)
      await proxy.update([service()], [slice([serverIp])])
      assert.match(String(result.stdout), /myself/)
    })

    test('node port and host port answer at the addresses of the node', async () => {
      await eventually(() => host('busybox nc -w 2 10.199.0.1 30080 </dev/null'), /I am server/)
      await eventually(() => host('busybox nc -w 2 127.0.0.1 30080 </dev/null'), /I am server/)
      await eventually(() => run('nc -w 2 10.199.0.1 8088 </dev/null'), /I am server/)
      await eventually(() => host('busybox nc -w 2 127.0.0.1 8088 </dev/null'), /I am server/)
    })

    test('a service without endpoints, and a port that it does not have, are refused at once', async () => {
      assert.match(await run(`nc -w 2 ${clusterIp} 81 </dev/null`), /refused/)
      await proxy.update([service()], [])
      assert.match(await run(`nc -w 2 ${clusterIp} 80 </dev/null`), /refused/)
      assert.match(host(`busybox nc -w 2 ${clusterIp} 80 </dev/null`), /refused/)
      await proxy.update([service()], [slice([serverIp])])
      await eventually(() => run(`nc -w 2 ${clusterIp} 80 </dev/null`), /I am server/)
    })

    test('ClientIP affinity remembers the endpoint', async () => {
      await proxy.update([service({ sessionAffinity: 'ClientIP' })], [slice([serverIp])])
      await eventually(() => run(`nc -w 2 ${clusterIp} 80 </dev/null`), /I am server/)
      const clientIp = (await node.runtime.podSandboxStatus(client.sandboxId)).ips[0] ?? ''
      assert.match(host(`nft list table ip ${proxy.table}`), new RegExp(`elements = \\{ ${clientIp} expires`))
      await proxy.update([service()], [slice([serverIp])])
      assert.doesNotMatch(host(`nft list table ip ${proxy.table}`), /aff_/)
    })

    test('the rules stay while nobody is there, and a new proxy takes them over', async () => {
      const next = new ServiceProxy({ nodeName: 'n1', ...network })
      await eventually(() => run(`nc -w 2 ${clusterIp} 80 </dev/null`), /I am server/)
      await next.update([service()], [slice([serverIp])])
      await eventually(() => run(`nc -w 2 ${clusterIp} 80 </dev/null`), /I am server/)
    })

    test('a thousand services are one change, and one more a small one', async () => {
      const many = Array.from({ length: 1000 }, (_, i) => ({
        metadata: { name: `s${i}`, namespace: 'x' },
        spec: { clusterIP: `10.198.${8 + (i >> 8)}.${i & 255}`, ports: [{ port: 80 }] },
      }))
      await proxy.update([service(), ...many], [slice([serverIp])])
      await eventually(() => run(`nc -w 2 ${clusterIp} 80 </dev/null`), /I am server/)
      await proxy.update([service()], [slice([serverIp])])
      assert.doesNotMatch(host(`nft list table ip ${proxy.table}`), /10\.198\.8\./)
    })

    test('a pod finds the service by its name', async () => {
      const zone = new ClusterZone('cluster.local')
      zone.update([service()], [slice([serverIp])])
      const dns = new DnsServer({
        zone,
        forwarder: new DnsForwarder({ servers: [], clock: systemClock }),
        log: silentLogger,
      })
      await bridge.addServiceAddress(dnsIp)
      await dns.listen(dnsIp, 53)
      try {
        assert.match(await run('nslookup web.default.svc.cluster.local'), new RegExp(clusterIp.replaceAll('.', '\\.')))
        assert.match(await run('nslookup nothing.default.svc.cluster.local'), /NXDOMAIN/)
      } finally {
        await dns.close()
      }
    })

    test('portForward() connects inside the pod to 127.0.0.1', async () => {
      const program = `require('net').createServer(s => s.end('only local\\n')).listen(9000, '127.0.0.1')`
      await node.runtime.exec(server.id, {
        command: ['node', '-e', program],
        stdin: false,
        stdout: true,
        stderr: true,
        tty: false,
      })
      let words = ''
      for (let tried = 0; words === '' && tried < 50; tried++) {
        const stream = await node.runtime.portForward(server.sandboxId, 9000).catch(() => undefined)
        if (!stream) {
          await new Promise(resolve => setTimeout(resolve, 20))
          continue
        }
        for await (const chunk of stream) words += String(chunk)
      }
      assert.equal(words, 'only local\n')
      await assert.rejects(node.runtime.portForward(server.sandboxId, 9001), /ECONNREFUSED/)
    })

    test('addresses and links are released with the pod, and leases outlive the agent', async () => {
      const leases = (): Record<string, number> =>
        (
          JSON.parse(readFileSync(join(node.folder, 'network/leases.json'), 'utf8')) as {
            byOwner: Record<string, number>
          }
        ).byOwner
      const links = (): number => host('ip -o link show type veth').trim().split('\n').length
      const before = links()
      const sandboxId = await node.runtime.runPodSandbox(podConfig(node.folder))
      const again = await BridgeNetwork.open({ directory: join(node.folder, 'network'), ...network })
      assert.ok(leases()[sandboxId])
      assert.equal(links(), before + 1)
      await eventually(() => run(`nc -w 2 ${serverIp} 8080 </dev/null`), /I am server/)
      assert.equal(again.gateway, bridge.gateway)
      await node.runtime.removePodSandbox(sandboxId)
      assert.equal(leases()[sandboxId], undefined)
      assert.equal(links(), before)
    })

    test('a range that another link uses is refused by name', async () => {
      await assert.rejects(
        BridgeNetwork.open({ directory: join(node.folder, 'other'), ...network, id: 'other' }),
        /10\.199\.0\.0\/24 is already used by link petrel-test/,
      )
    })

    test('a host port that is taken is refused', async () => {
      const portMappings = [{ protocol: 'TCP' as const, containerPort: 1, hostPort: 8088, hostIP: '' }]
      await assert.rejects(
        node.runtime.runPodSandbox(podConfig(node.folder, { portMappings })),
        /host port 0\.0\.0\.0:8088\/TCP is already in use/,
      )
    })

    // Reachability of the node's own services from pods: the API server is one.
    test('pods reach what listens on the node', async () => {
      const listener = createServer(socket => socket.end('the node\n'))
      const port = await new Promise<number>(resolve =>
        listener.listen(0, bridge.gateway, () => resolve((listener.address() as { port: number }).port)),
      )
      try {
        assert.match(await run(`nc -w 2 ${bridge.gateway} ${port} </dev/null`), /the node/)
      } finally {
        listener.close()
      }
    })
  })
}
