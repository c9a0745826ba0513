/** What is measured, one function a claim. Each works on any server that speaks the Kubernetes API. */

import { type Call, Connection, percentile, runLoad } from './load.ts'
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

export function createConfigMap(namespace: string, name: string): Call {
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { payload: kilobyte } })
  return { method: 'POST', path: `/api/v1/namespaces/${namespace}/configmaps`, body }
}

export async function createNamespace(server: Running, name: string): Promise<void> {
  await sendOne(server, {
    method: 'POST',
    path: '/api/v1/namespaces',
    body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  })
}

export async function sendOne(server: Running, call: Call): Promise<Buffer> {
  const connection = await Connection.open(server)
  try {
    return await connection.send(call)
  } finally {
    connection.close()
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

/** Resident memory and the share of one core while nobody asks for anything. */
export async function idle(server: Running, seconds: number): Promise<Figure[]> {
  await pause(Math.min(10, seconds) * 1000)
  const before = processorSeconds(server.pids)
  await pause(seconds * 1000)
  const percent = ((processorSeconds(server.pids) - before) / seconds) * 100
  return [
    { name: 'resident memory, idle', unit: 'MB', value: residentMegabytes(server.pids), better: 'lower' },
    { name: 'processor, idle', unit: '% of a core', value: percent, better: 'lower' },
  ]
}

export async function creates(server: Running, clients: number, total: number): Promise<Figure[]> {
  const namespace = `create-${clients}`
  await createNamespace(server, namespace)
  const load = await runLoad(server, clients, total, i => createConfigMap(namespace, `cm-${i}`))
  const what = `create 1 KB ConfigMap, ${clients} ${clients === 1 ? 'client' : 'clients'}`
  return [
    { name: what, unit: '/s', value: load.perSecond, better: 'higher' },
    { name: `${what}, p50`, unit: 'ms', value: load.p50Ms, better: 'lower' },
    { name: `${what}, p99`, unit: 'ms', value: load.p99Ms, better: 'lower' },
  ]
}

/** Gets and merge patches, each over `objects` ConfigMaps made for it. */
export async function getsAndPatches(
  server: Running,
  clients: number,
  objects: number,
  total: number,
): Promise<Figure[]> {
  await createNamespace(server, 'objects')
  await runLoad(server, 16, objects, i => createConfigMap('objects', `cm-${i}`))
  const path = (i: number): string => `/api/v1/namespaces/objects/configmaps/cm-${i % objects}`
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

/** Median of several lists of all ConfigMaps of a namespace, and of its first 500. */
export async function list(server: Running, objects: number): Promise<Figure[]> {
  await createNamespace(server, 'list')
  await runLoad(server, 16, objects, i => createConfigMap('list', `cm-${i}`))
  const connection = await Connection.open(server)
  const median = async (query: string): Promise<number> => {
    const times: number[] = []
    for (let i = 0; i < 15; i++) {
      const started = performance.now()
      await connection.send({ method: 'GET', path: `/api/v1/namespaces/list/configmaps${query}` })
      times.push(performance.now() - started)
    }
    return percentile(
      times.sort((a, b) => a - b),
      0.5,
    )
  }
  const figures: Figure[] = [
    { name: `list ${objects} ConfigMaps`, unit: 'ms', value: await median(''), better: 'lower' },
    { name: 'list with limit 500', unit: 'ms', value: await median('?limit=500'), better: 'lower' },
  ]
  connection.close()
  return figures
}

/** Events delivered per second to watchers of one namespace while 16 clients create, and the time from create to seen. */
export async function fanOut(server: Running, watchers: number, objects: number): Promise<Figure[]> {
  const namespace = `watch-${watchers}`
  await createNamespace(server, namespace)
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  const watches = await openWatches(server, path, watchers)
  const sentAt: number[] = []
  const seen = watches.untilAll(objects, index => sentAt[index])
  const started = performance.now()
  const load = runLoad(server, 16, objects, i => {
    sentAt[i] = performance.now()
    return createConfigMap(namespace, `cm-${i}`)
  })
  const [latencies] = await Promise.all([seen, load])
  const seconds = (performance.now() - started) / 1000
  const { cut } = watches
  watches.close()
  latencies.sort()
  const what = `watch fan-out to ${watchers}`
  return [
    { name: what, unit: 'events/s', value: (watchers * objects) / seconds, better: 'higher' },
    { name: `${what}, create to seen, p50`, unit: 'ms', value: percentile(latencies, 0.5), better: 'lower' },
    { name: `${what}, create to seen, p99`, unit: 'ms', value: percentile(latencies, 0.99), better: 'lower' },
    { name: `${what}, watches cut by the server`, unit: '', value: cut, better: 'lower' },
  ]
}
