/** What is measured, one function a claim. Each works on any server that speaks the Kubernetes API. */

import { type Call, connect, runLoad, send } from './load.ts'
import { processorSeconds, residentMegabytes } from './process-figures.ts'
import type { Running } from './target.ts'
import { openWatches } from './watchers.ts'

export interface Figure {
  readonly name: string
  readonly unit: string
  readonly value: number
  /** Whether more of it is better: decides which way a ratio is read. */
  readonly better: 'higher' | 'lower'
}

const kilobyte = 'x'.repeat(1024)

function configMap(name: string): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { payload: kilobyte } })
}

function createConfigMap(namespace: string, name: string): Call {
  return { method: 'POST', path: `/api/v1/namespaces/${namespace}/configmaps`, body: configMap(name) }
}

async function inNamespace<T>(server: Running, name: string, act: (namespace: string) => Promise<T>): Promise<T> {
  const client = connect(server)
  try {
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    await send(client, { method: 'POST', path: '/api/v1/namespaces', body })
    return await act(name)
  } finally {
    await client.close()
  }
}

/** Resident memory and the share of one core while nobody asks for anything. */
export async function idle(server: Running, seconds: number): Promise<Figure[]> {
  await new Promise(resolve => setTimeout(resolve, 3000))
  const before = processorSeconds(server.pids)
  await new Promise(resolve => setTimeout(resolve, seconds * 1000))
  const percent = ((processorSeconds(server.pids) - before) / seconds) * 100
  return [
    { name: 'resident memory, idle', unit: 'MB', value: residentMegabytes(server.pids), better: 'lower' },
    { name: 'processor, idle', unit: '% of a core', value: percent, better: 'lower' },
  ]
}

export async function creates(server: Running, clients: number, total: number): Promise<Figure[]> {
  return inNamespace(server, `create-${clients}`, async namespace => {
    const load = await runLoad(server, clients, total, i => createConfigMap(namespace, `cm-${i}`))
    const what = `create 1 KB ConfigMap, ${clients} clients`
    return [
      { name: what, unit: '/s', value: load.perSecond, better: 'higher' },
      { name: `${what}, p50`, unit: 'ms', value: load.p50Ms, better: 'lower' },
      { name: `${what}, p99`, unit: 'ms', value: load.p99Ms, better: 'lower' },
    ]
  })
}

/** Reads and patches the objects that `creates` with 16 clients has left. */
export async function getsAndPatches(
  server: Running,
  clients: number,
  objects: number,
  total: number,
): Promise<Figure[]> {
  const path = (i: number): string => `/api/v1/namespaces/create-16/configmaps/cm-${i % objects}`
  const get = await runLoad(server, clients, total, i => ({ method: 'GET', path: path(i) }))
  const patch = await runLoad(server, clients, total, i => ({
    method: 'PATCH',
    path: path(i),
    contentType: 'application/merge-patch+json',
    body: JSON.stringify({ data: { turn: String(i) } }),
  }))
  return [
    { name: `get, ${clients} clients`, unit: '/s', value: get.perSecond, better: 'higher' },
    { name: `get, ${clients} clients, p99`, unit: 'ms', value: get.p99Ms, better: 'lower' },
    { name: `merge patch, ${clients} clients`, unit: '/s', value: patch.perSecond, better: 'higher' },
    { name: `merge patch, ${clients} clients, p99`, unit: 'ms', value: patch.p99Ms, better: 'lower' },
  ]
}

/** Median of several lists of 5,000 ConfigMaps. */
export async function list(server: Running, objects: number): Promise<Figure[]> {
  return inNamespace(server, 'list', async namespace => {
    await runLoad(server, 16, objects, i => createConfigMap(namespace, `cm-${i}`))
    const client = connect(server)
    const times: number[] = []
    for (let i = 0; i < 12; i++) {
      const started = performance.now()
      await send(client, { method: 'GET', path: `/api/v1/namespaces/${namespace}/configmaps` })
      times.push(performance.now() - started)
    }
    await client.close()
    times.sort((a, b) => a - b)
    return [
      { name: `list ${objects} ConfigMaps`, unit: 'ms', value: times[Math.floor(times.length / 2)]!, better: 'lower' },
    ]
  })
}

/** Events delivered per second to watchers of one namespace while 16 clients create, and the time from create to seen. */
export async function fanOut(server: Running, watchers: number, objects: number): Promise<Figure[]> {
  return inNamespace(server, `watch-${watchers}`, async namespace => {
    const watches = await openWatches(
      server,
      `/api/v1/namespaces/${namespace}/configmaps?watch=true&resourceVersion=0`,
      watchers,
    )
    const sentAt: number[] = []
    const seen = watches.untilAll(objects, index => sentAt[index])
    const started = performance.now()
    await runLoad(server, 4, objects, i => {
      sentAt[i] = performance.now()
      return createConfigMap(namespace, `cm-${i}`)
    })
    const latencies = await seen
    const seconds = (performance.now() - started) / 1000
    watches.close()
    latencies.sort()
    const what = `watch fan-out to ${watchers}`
    return [
      { name: what, unit: 'events/s', value: (watchers * objects) / seconds, better: 'higher' },
      {
        name: `${what}, create to seen, p50`,
        unit: 'ms',
        value: latencies[Math.floor(latencies.length * 0.5)]!,
        better: 'lower',
      },
      {
        name: `${what}, create to seen, p99`,
        unit: 'ms',
        value: latencies[Math.floor(latencies.length * 0.99)]!,
        better: 'lower',
      },
    ]
  })
}
