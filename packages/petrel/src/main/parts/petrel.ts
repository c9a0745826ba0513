/**
 * Petrel as one process: the store, the API server, the loops and a node, each when it is asked for. What it starts it
 * owns; `close` ends it in reverse, and the containers run on.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { type Clock, kubeconfig, type Logger, machineAddress, openPki, type Pki, type Rng } from '../../base/index.ts'
import type { Client } from '../../client/index.ts'
import { openSqliteStore, type SqliteStore } from '../../store/index.ts'
import { apiServiceOf, type ClusterRanges, gatewayOf, keptRanges } from '../cluster-ranges.ts'
import type { DataFolder } from '../data-folder.ts'
import { type ListenAddress, localAddress } from '../listen-address.ts'
import { type RunningApiServer, startApiServer, storeOptions } from './api-server.ts'
import type { LocalNode } from './local-node.ts'
import { type RunningLoops, startLoops } from './loops.ts'
import { NodeConnections } from './node-connections.ts'
import { administrator, controllerManager, scheduler } from './users.ts'

export interface PetrelOptions {
  readonly data: DataFolder
  readonly listen: ListenAddress
  /** Address ranges to make the cluster with; undefined takes those it has, or the defaults. */
  readonly ranges: Partial<ClusterRanges>
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  /** What this machine runs as node; `none` runs the control plane alone. */
  readonly runtime: 'process' | 'none'
  readonly simulatedNodes: number
  /** Saves what can be read of a damaged store. */
  readonly salvage: boolean
  /** Called as each part has come up. */
  onStarted(part: string, words: string): void
}

export interface Petrel {
  readonly url: string
  readonly pki: Pki
  readonly store: SqliteStore
  readonly api: RunningApiServer
  readonly loops: RunningLoops
  readonly node: LocalNode | undefined
  /** Acts as the administrator. */
  readonly client: Client
  close(): Promise<void>
}

export async function startPetrel(options: PetrelOptions): Promise<Petrel> {
  const { data, listen, clock, rng, log, onStarted } = options
  mkdirSync(data.path, { recursive: true, mode: 0o711 })
  const ranges = keptRanges(data.cluster, options.ranges)
  const closers: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const address = machineAddress()
    const addresses = [listen.host, address, gatewayOf(ranges)].filter(
      one => one !== undefined && isIP(one) !== 0 && !isAny(one),
    )
    // The store's thread starts while the certificates are read.
    const opening = openSqliteStore({ ...storeOptions, path: data.database, clock, salvage: options.salvage })
    // A control plane alone does not hold the node's code.
    const nodes = options.runtime === 'none' && options.simulatedNodes === 0 ? undefined : import('./nodes.ts')
    const [pki, store] = await Promise.all([
      openPki({
        folder: data.pki,
        clock,
        dnsNames: [hostname()],
        addresses: [...new Set(addresses as string[])],
        serviceAddress: apiServiceOf(ranges),
      }),
      opening,
    ])
    closers.push(() => store.close())
    if (store.salvaged) log.warn('The store was damaged and what could be read was saved', { ...store.salvaged })
    onStarted('store', `${data.database}, revision ${store.revision}`)

    const connections = new NodeConnections()
    const api = await startApiServer({
      store,
      pki,
      clock,
      rng,
      log,
      listen,
      ranges,
      advertise: address ?? gatewayOf(ranges),
      nodes: connections,
    })
    closers.push(() => api.close())
    connections.reachOthers(api.server.reader, () => ({
      ...pki.identity('admin'),
      authority: pki.clusterAuthority,
    }))
    const url = `https://${localAddress(listen)}:${api.listener.port}`
    writeKubeconfig(data.kubeconfig, url, pki)
    onStarted('api', url)

    const loops = startLoops({
      controllers: api.clientFor(controllerManager),
      scheduler: api.clientFor(scheduler),
      clock,
      rng,
      log,
      rootCa: pki.clusterAuthority,
    })
    closers.push(() => loops.close())
    api.server.health.add('controllers', 'ready', () => loops.controllersProblem)
    api.server.health.add('scheduler', 'ready', () => loops.schedulerProblem)
    onStarted('loops', 'controllers, scheduler')

    const client = api.clientFor(administrator)
    const node = await (await nodes)?.startNodes({
      ...options,
      api,
      informers: loops.informers,
      administrator: client,
      connections,
      ranges,
      folder: data.node,
      address,
      own: closer => closers.push(closer),
    })
    return { url, pki, store, api, loops, node, client, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Listening everywhere is no address that anybody connects to. */
function isAny(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}

function writeKubeconfig(path: string, server: string, pki: Pki): void {
  writeFileSync(path, kubeconfig({ server, authority: pki.clusterAuthority, credentials: pki.identity('admin') }), {
    mode: 0o600,
  })
  chmodSync(path, 0o600)
}
