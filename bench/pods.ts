/** Pods: 2,000 placed on 200 nodes that run nothing, and one started for real. */
import { Connection, percentile, runLoad } from './load.ts'
import { createNamespace, type Figure, pause, sendOne } from './measures.ts'
import type { Running } from './target.ts'

interface Condition {
  readonly type: string
  readonly status: string
}
interface Loose {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly nodeName?: string; readonly taints?: unknown[] }
  readonly status: { readonly phase?: string; readonly conditions?: readonly Condition[] }
}

function pod(name: string, spec: Record<string, unknown>): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec })
}

const pausedPod = {
  containers: [
    { name: 'main', image: 'registry.k8s.io/pause:3.10', resources: { requests: { cpu: '100m', memory: '64Mi' } } },
  ],
}

/** Whole run from the first create until every pod has a node. */
export async function scheduling(server: Running, nodes: number, pods: number): Promise<Figure[]> {
  await untilNodesReady(server, nodes)
  await createNamespace(server, 'scheduling')
  const account = '/api/v1/namespaces/scheduling/serviceaccounts/default'
  await until('the default service account', () =>
    sendOne(server, { method: 'GET', path: account }).then(
      () => true,
      () => false,
    ),
  )
  const path = '/api/v1/namespaces/scheduling/pods'
  const started = performance.now()
  await runLoad(server, 16, pods, i => ({ method: 'POST', path, body: pod(`pod-${i}`, pausedPod) }))
  const connection = await Connection.open(server)
  // The field selector lets the server look and sends nothing when all have a node.
  const waiting = `${path}?fieldSelector=spec.nodeName%3D&limit=1`
  await until('every pod to have a node', async () => {
    const { items } = JSON.parse((await connection.send({ method: 'GET', path: waiting })).toString()) as {
      items: unknown[]
    }
    return items.length === 0
  })
  connection.close()
  const seconds = (performance.now() - started) / 1000
  return [
    { name: `schedule ${pods} pods onto ${nodes} nodes`, unit: 's', value: seconds, better: 'lower' },
    { name: `pods scheduled, ${nodes} nodes`, unit: '/s', value: pods / seconds, better: 'higher' },
  ]
}

async function untilNodesReady(server: Running, count: number): Promise<void> {
  await until(`${count} nodes to be ready`, async () => {
    const { items } = JSON.parse((await sendOne(server, { method: 'GET', path: '/api/v1/nodes' })).toString()) as {
      items: Loose[]
    }
    return items.filter(node => isTrue(node, 'Ready') && !node.spec.taints?.length).length === count
  })
}

function isTrue({ status }: Loose, type: string): boolean {
  return status.conditions?.some(one => one.type === type && one.status === 'True') ?? false
}

/** Each pod is gone before the next is made. */
export async function podStart(server: Running, pods: number): Promise<Figure[]> {
  await untilNodesReady(server, 1)
  const path = '/api/v1/namespaces/default/pods'
  const connection = await Connection.open(server)
  const times: number[] = []
  for (let i = 0; i < pods; i++) {
    const name = `start-${i}`
    const get = () => connection.send({ method: 'GET', path: `${path}/${name}` })
    const started = performance.now()
    await connection.send({
      method: 'POST',
      path,
      body: pod(name, {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: 'petrel.dev/node', command: ['node', '-e', 'setInterval(() => {}, 1e9)'] }],
      }),
    })
    await until(`pod ${name} to be ready`, async () => isTrue(JSON.parse((await get()).toString()) as Loose, 'Ready'))
    times.push(performance.now() - started)
    await connection.send({ method: 'DELETE', path: `${path}/${name}` })
    await until(`pod ${name} to be gone`, () =>
      get().then(
        () => false,
        () => true,
      ),
    )
  }
  connection.close()
  times.sort((a, b) => a - b)
  return [
    {
      name: 'pod start on the process runtime, create to Ready',
      unit: 'ms',
      value: percentile(times, 0.5),
      better: 'lower',
    },
  ]
}

const untilMs = 180_000

async function until(what: string, met: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + untilMs
  while (!(await met())) {
    if (performance.now() > end) throw new Error(`Waited ${untilMs / 1000} s for ${what}`)
    await pause(5)
  }
}
