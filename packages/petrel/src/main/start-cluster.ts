/**
 * A cluster for tests, in the caller's own process: the real API server on a store in memory, with the controllers, the
 * scheduler and simulated nodes when asked for. Starts in a fraction of a second and leaves nothing behind.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Clock,
  kubeconfig,
  type Logger,
  openPki,
  type Rng,
  silentLogger,
  systemClock,
  systemRng,
} from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { sharedPodSource } from '../node/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { defaultRanges } from './cluster-ranges.ts'
import { startApiServer, storeOptions } from './parts/api-server.ts'
import { startLoops } from './parts/loops.ts'
import { NodeConnections } from './parts/node-connections.ts'
import { startSimulatedNodes } from './parts/simulated-nodes.ts'
import { administrator, controllerManager, nodeUser, scheduler } from './parts/users.ts'

export interface ClusterOptions {
  /** Runs the controllers and the scheduler: deployments get pods, deleted owners take their dependents along. Default false. */
  readonly controllers?: boolean
  /** Nodes that say they run pods without running anything. Default 0; more than 0 runs the controllers as well. */
  readonly simulatedNodes?: number
  /** 0, the default, takes a free port of 127.0.0.1. */
  readonly port?: number
  /** Upstream names of admission plugins to leave out, `ServiceAccount` for example, as envtest does. */
  readonly disableAdmissionPlugins?: readonly string[]
  readonly clock?: Clock
  readonly rng?: Rng
  /** Silent when undefined. */
  readonly log?: Logger
}

export interface Cluster extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  /** Text of a kubeconfig with an administrator's certificate, for any client library. */
  readonly kubeconfig: string
  /** The same as a file, which goes with the cluster. */
  readonly kubeconfigPath: string
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string
  /** A client of ours that calls the server without HTTP, as the administrator. */
  readonly client: Client
  /** Stops everything and removes the files. */
  close(): Promise<void>
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { clock = systemClock, rng = systemRng, log = silentLogger } = options
  const folder = await mkdtemp(join(tmpdir(), 'petrel-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const pki = await openPki({ folder: join(folder, 'pki'), clock })
    const store = openMemoryStore({ ...storeOptions, clock })
    closers.push(() => store.close())
    const connections = new NodeConnections()
    const api = await startApiServer({
      store,
      pki,
      clock,
      rng,
      log,
      listen: { host: '127.0.0.1', port: options.port ?? 0 },
      ranges: defaultRanges,
      advertise: undefined,
      nodes: connections,
      ...(options.disableAdmissionPlugins && { disabledAdmission: options.disableAdmissionPlugins }),
    })
    closers.push(() => api.close())
    const nodes = options.simulatedNodes ?? 0
    if (options.controllers || nodes > 0) {
      const loops = startLoops({
        controllers: api.clientFor(controllerManager),
        scheduler: api.clientFor(scheduler),
        clock,
        rng,
        log,
        rootCa: pki.clusterAuthority,
      })
      closers.push(() => loops.close())
      const simulated = startSimulatedNodes(nodes, {
        clientFor: name => api.clientFor(nodeUser(name)),
        informers: loops.informers,
        pods: sharedPodSource(loops.informers),
        connections,
        clock,
        rng,
        log,
      })
      closers.push(() => simulated.close())
      await simulated.ready()
    }
    const config = kubeconfig({
      server: api.listener.url,
      authority: pki.clusterAuthority,
      credentials: pki.identity('admin'),
    })
    const kubeconfigPath = join(folder, 'kubeconfig')
    await writeFile(kubeconfigPath, config, { mode: 0o600 })
    return {
      url: api.listener.url,
      kubeconfig: config,
      kubeconfigPath,
      ca: pki.clusterAuthority,
      client: api.clientFor(administrator),
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
