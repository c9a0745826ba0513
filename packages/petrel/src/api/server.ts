/**
 * The API server: puts the registry, the chain, the HTTP front and what is around them together, and owns their end.
 * Reading order: request.ts, chain.ts, registry/, http/front.ts.
 */
import type { TokenReview } from '@petrel/machinery/api/authentication-v1'
import type { Info } from '@petrel/machinery/api/version'
import type { Kind, Resource } from '@petrel/machinery/kinds'
import type { AllDocs } from '@petrel/machinery/openapi'
import type { Clock, Logger, Rng } from '../base/index.ts'
import type { Store } from '../store/index.ts'
import { type Chain, createChain, type PathHandler } from './chain.ts'
import type { AdmissionPlugin, Authenticator, Authorizer, ObjectReader } from './contract.ts'
import { discovery } from './discovery/answer.ts'
import { openApi } from './discovery/openapi.ts'
import { answerRoot } from './discovery/root-index.ts'
import { answerVersion } from './discovery/version.ts'
import { type HealthChecks, healthChecks } from './health/checks.ts'
import { createFront } from './http/front.ts'
import { type Listener, type ListenOptions, listen } from './http/listen.ts'
import { type Loopback, loopback } from './loopback.ts'
import { httpMetrics } from './metrics/http-metrics.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { serverMetrics } from './metrics/server-metrics.ts'
import type { NodeDialer } from './node-dialer.ts'
import { KindTable } from './registry/kind-table.ts'
import { namespaceHooks } from './registry/namespace-hooks.ts'
import { objectReader } from './registry/reader.ts'
import { Registry } from './registry/registry.ts'
import { type ServiceRanges, serviceAllocator } from './services/allocator.ts'
import { publishKubernetesService, type ServerAddress } from './services/kubernetes-service.ts'
import { subresourceHandlers } from './subresources/handlers.ts'
import type { IssuesTokens } from './subresources/token.ts'

export interface ApiServerOptions {
  /** Opened with `stamp: stampResourceVersion`. The caller closes it, after the server. */
  readonly store: Store
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  /** Served from the start; more may be added later. */
  readonly kinds: readonly Kind[]
  /** What `/version` says. */
  readonly version: Info
  /** Made with the reader of this server, since these parts read what it stores. */
  readonly security: (reader: ObjectReader) => Security
  /** Without one, log, exec, attach, port-forward and the proxy of nodes answer 503. */
  readonly nodes?: NodeDialer
  readonly services?: ServiceRanges
  /** Upstream's --request-timeout; 60 s. */
  readonly requestTimeoutMs?: number
  /** Descriptions for OpenAPI, read when a document is first asked for. */
  readonly docs?: () => Promise<AllDocs>
  /** Further documents by exact path: `/openid/v1/jwks`. */
  readonly documents?: readonly { readonly path: string; readonly mediaType: string; readonly body: string }[]
}

export interface Security {
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly admission: readonly AdmissionPlugin[]
  readonly tokens?: IssuesTokens
  reviewToken?(review: TokenReview): TokenReview
}

export interface ApiServer {
  /** The handler chain for one call of an authenticated user. Rejects with StatusError. */
  readonly handle: Chain
  readonly reader: ObjectReader
  readonly health: HealthChecks
  readonly metrics: Metrics
  /** The server's own calls on itself. */
  readonly self: Loopback
  /** Serves one more kind. */
  addKind(kind: Kind): void
  removeKind(resource: Resource): void
  listen(options: ListenOptions): Promise<Listener>
  /** Makes or corrects the `kubernetes` service and its endpoints; the default namespace must exist. */
  publish(address: ServerAddress): Promise<void>
  /** readyz says no, no new connections, watches end cleanly, requests under way end, connections close. */
  close(): Promise<void>
}

/** How long requests under way may take at the end. */
const drainMs = 10_000

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, clock, rng, log } = options
  const table = new KindTable(options.kinds)
  const reader = objectReader(store, table, log)
  const security = options.security(reader)
  const { authenticator, authorizer, admission } = security
  const metrics = createMetrics()
  const health = healthChecks(log)
  const allocator = serviceAllocator(reader, rng, log, options.services)
  const registry: Registry = new Registry({
    store,
    table,
    clock,
    rng,
    log,
    admission,
    hooks: { '/services': allocator, '/namespaces': namespaceHooks },
    onSent: serverMetrics(metrics, store, () => registry.streams),
  })
  const listeners: Listener[] = []
  let closing: Promise<void> | undefined
  health.add('store', 'ready', () => store.health().problem)
  health.add('shutdown', 'ready', () => (closing ? 'the server is shutting down' : undefined))

  const handlers = subresourceHandlers({
    registry,
    authorizer,
    reviewToken: security.reviewToken ?? (review => ({ ...review, status: { error: 'tokens are not known here' } })),
    tokens: security.tokens,
    nodes: options.nodes,
  })
  const chain = createChain({
    registry,
    authorizer,
    handlers,
    paths: pathHandlers(options, table, health, metrics, listeners),
  })
  const self = loopback(chain, reader)
  const front = createFront({
    chain,
    authenticator,
    authorizer,
    clock,
    log,
    metrics: httpMetrics(metrics),
    ...(options.requestTimeoutMs !== undefined && { requestTimeoutMs: options.requestTimeoutMs }),
  })

  const close = async (): Promise<void> => {
    for (const listener of listeners) listener.stopAccepting()
    registry.endWatches()
    let timer: { cancel(): void } | undefined
    const late = new Promise<void>(resolve => {
      timer = clock.after(drainMs, resolve)
    })
    await Promise.race([front.drained(), late])
    timer?.cancel()
    await Promise.all(listeners.map(listener => listener.close()))
    front.close()
    allocator.close()
  }
  return {
    handle: chain,
    reader,
    health,
    metrics,
    self,
    addKind: kind => void table.add(kind),
    removeKind: resource => table.remove(resource),
    async listen(where) {
      const listener = await listen(where, front.handle)
      listeners.push(listener)
      return listener
    },
    publish: address => publishKubernetesService(self, allocator.firstAddress, address),
    close() {
      closing ??= close()
      return closing
    },
  }
}

/** Asked in order for every path that is no resource. */
function pathHandlers(
  options: ApiServerOptions,
  table: KindTable,
  health: HealthChecks,
  metrics: Metrics,
  listeners: readonly Listener[],
): PathHandler[] {
  const documents = discovery(table, () => {
    const [first] = listeners
    return first ? `${first.host}:${first.port}` : ''
  })
  const schemas = openApi(table, options.version.gitVersion, options.docs)
  return [
    request => health.answer(request),
    request => answerVersion(request, options.version),
    request =>
      answerRoot(request, table, () => [...health.paths(), ...(options.documents ?? []).map(({ path }) => path)]),
    request => documents.answer(request),
    request => schemas.answer(request),
    ({ info, method }) => {
      if (info.path !== '/metrics' || (method !== 'GET' && method !== 'HEAD')) return undefined
      return { type: 'raw', code: 200, mediaType: 'text/plain; version=0.0.4; charset=utf-8', body: metrics.render() }
    },
    ({ info }) => {
      const found = options.documents?.find(({ path }) => path === info.path)
      return found && { type: 'raw', code: 200, mediaType: found.mediaType, body: found.body }
    },
  ]
}
