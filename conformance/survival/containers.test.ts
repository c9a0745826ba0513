/**
 * The shop of examples/ on the process runtime while petrel is killed, restarted and stopped: it goes on answering at its
 * ClusterIP and NodePort, and every pod and container stays the one it was. Names are resolved by the agent, so that while it is
 * dead the front page is what is asked for, which needs none.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type PetrelProcess, root, startPetrelProcess } from '../real/petrel-process.ts'
import { type ApiClient, apiClient, eventually } from './api-client.ts'

/** Ranges and a port that no other Petrel on this machine is likely to have. */
const ranges = ['--pod-cidr', '10.197.0.0/24', '--service-cidr', '10.196.0.0/16']
const nodePort = 30_917
const namespace = '/api/v1/namespaces/default'

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string }
  readonly spec: { readonly nodeName: string }
  readonly status: {
    readonly phase: string
    readonly podIP: string
    readonly containerStatuses?: readonly {
      readonly containerID: string
      readonly restartCount: number
      readonly ready: boolean
      readonly state: {
        readonly running?: { readonly startedAt: string }
        readonly terminated?: { readonly exitCode: number; readonly reason: string }
      }
    }[]
  }
}

/** What must not change while petrel comes and goes. */
function identity(pods: readonly Pod[]): unknown {
  return pods
    .map(({ metadata, status }) => {
      const [container] = status.containerStatuses ?? []
      return {
        name: metadata.name,
        uid: metadata.uid,
        ip: status.podIP,
        id: container?.containerID,
        restarts: container?.restartCount,
        startedAt: container?.state.running?.startedAt,
      }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function fetchPage(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const out = get({ host, port, path: '/', agent: false, timeout: 5_000 }, response => {
      let text = ''
      response.on('data', chunk => {
        text += String(chunk)
      })
      response.once('end', () => resolve(text))
      response.once('error', reject)
    })
    out.once('timeout', () => out.destroy(new Error('no answer within 5 s')))
    out.once('error', reject)
  })
}

/** Asks again and again until stopped; every answer has to be the page. */
function shopper(host: string, port: number): { readonly asked: number; stop(): Promise<void> } {
  let asked = 0
  let stopping = false
  const faults: string[] = []
  const asking = (async () => {
    while (!stopping) {
      try {
        assert.match(await fetchPage(host, port), /<h1>Shop<\/h1>/)
      } catch (error) {
        faults.push(String(error))
      }
      asked++
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  })()
  return {
    get asked() {
      return asked
    },
    async stop() {
      stopping = true
      await asking
      assert.deepEqual(faults, [])
    },
  }
}

/** Everything of this data folder that a machine may be left with. */
function traces(data: string): Record<string, string> {
  const of = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' })
  const lines = (text: string, part: string): string =>
    text
      .split('\n')
      .filter(line => line.includes(part))
      .join('\n')
  return {
    processes: lines(of('ps', '-eo', 'pid,args'), data),
    mounts: lines(readFileSync('/proc/self/mountinfo', 'utf8'), data),
    addresses: lines(of('ip', '-oneline', 'address'), '10.197.'),
    routes: lines(of('ip', 'route'), '10.197.'),
    rules: lines(of('nft', 'list', 'ruleset'), '10.197.'),
  }
}

const skip = process.getuid?.() === 0 ? false : 'containers with addresses of their own take root'

describe('containers', { skip }, () => {
  let petrel: PetrelProcess
  let client: ApiClient
  const folder = mkdtempSync(join(tmpdir(), 'petrel-shop-'))
  const pods = async (): Promise<Pod[]> =>
    ((await client.call('GET', `${namespace}/pods?labelSelector=app`)).body.items ?? []) as unknown as Pod[]
  let clusterIp = ''
  let nodeIp = ''

  before(async () => {
    for (const name of ['store', 'api', 'front']) {
      const manifest = readFileSync(join(root, 'examples/shop', `${name}.yaml`), 'utf8')
      writeFileSync(join(folder, `${name}.yaml`), manifest.replace('nodePort: 30080', `nodePort: ${nodePort}`))
    }
    petrel = await startPetrelProcess([...ranges, '-f', folder])
    await eventually('the shop', async () => (/everything is ready/.test(petrel.output) ? true : undefined), 120_000)
    client = apiClient(petrel.kubeconfig)
    const { body } = await client.call('GET', `${namespace}/services/front`)
    clusterIp = (body.spec as { clusterIP: string }).clusterIP
    const node = await client.call('GET', `/api/v1/nodes/${(await pods())[0]!.spec.nodeName}`)
    const { addresses } = node.body.status as { addresses: { type: string; address: string }[] }
    nodeIp = addresses.find(({ type }) => type === 'InternalIP')!.address
  })
  after(async () => {
    client?.close()
    await petrel?.remove()
    rmSync(folder, { recursive: true })
  })

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`${signal}: the shop goes on answering, and pods and containers stay who they are`, async () => {
      const before = identity(await pods())
      const shoppers = [shopper(nodeIp, nodePort), shopper(clusterIp, 80)]
      petrel.kill(signal)
      assert.equal(await petrel.ended, signal === 'SIGTERM' ? 0 : null)
      client.close()
      const asked = shoppers.map(one => one.asked)
      await eventually('answers of a shop without petrel', async () =>
        shoppers.every((one, i) => one.asked > asked[i]! + 50) ? true : undefined,
      )
      petrel = await petrel.restart(ranges)
      client = apiClient(petrel.kubeconfig)
      await eventually('all pods to be ready', async () => {
        const all = await pods()
        return all.every(({ status }) => status.containerStatuses?.[0]?.ready) ? true : undefined
      })
      for (const one of shoppers) await one.stop()
      assert.deepEqual(identity(await pods()), before)
    })
  }

  test('a container that ended while petrel was dead has its exit code', async () => {
    const spec = (seconds: number, code: number) => ({
      restartPolicy: 'Never',
      containers: [
        {
          name: 'c',
          image: 'petrel.dev/node',
          command: ['node', '-e', `setTimeout(() => process.exit(${code}), ${seconds * 1000})`],
        },
      ],
    })
    const names = ['ends-0', 'ends-7']
    await client.call('POST', `${namespace}/pods`, { metadata: { name: 'ends-0' }, spec: spec(4, 0) })
    await client.call('POST', `${namespace}/pods`, { metadata: { name: 'ends-7' }, spec: spec(4, 7) })
    const read = async (name: string): Promise<Pod> =>
      (await client.call('GET', `${namespace}/pods/${name}`)).body as unknown as Pod
    await eventually('both to run', async () => {
      const all = await Promise.all(names.map(read))
      return all.every(pod => pod.status.containerStatuses?.[0]?.state.running) ? true : undefined
    })
    const processes = (): string => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    petrel.kill('SIGKILL')
    await petrel.ended
    client.close()
    await eventually('both to end', async () =>
      /setTimeout.*process\.exit\([07]\), 4000/.test(processes()) ? undefined : true,
    )
    petrel = await petrel.restart(ranges)
    client = apiClient(petrel.kubeconfig)
    for (const [name, code, phase] of [
      ['ends-0', 0, 'Succeeded'],
      ['ends-7', 7, 'Failed'],
    ] as const) {
      const pod = await eventually(`${name} to be ${phase}`, async () => {
        const found = await read(name)
        return found.status.phase === phase ? found : undefined
      })
      assert.equal(pod.status.containerStatuses?.[0]?.state.terminated?.exitCode, code)
    }
  })

  test('petrel down leaves no process, mount, address, route or rule', async () => {
    client.close()
    assert.notEqual(traces(petrel.data)['processes'], '')
    await petrel.command('down')
    assert.deepEqual(traces(petrel.data), { processes: '', mounts: '', addresses: '', routes: '', rules: '' })
    await assert.rejects(fetchPage(nodeIp, nodePort))
  })
})
