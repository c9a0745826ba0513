/**
 * A real API server on a memory store, for tests: plain HTTP on a free port, everybody may do everything, and the caller
 * is whoever the header `x-user` says. `call` goes through the handler chain without a socket.
 */
import type { ObjectMeta } from '@petrel/machinery/api/meta-v1'
import { builtinKinds, type Kind, type KubeObject } from '@petrel/machinery/kinds'
import { stampResourceVersion } from '@petrel/machinery/schema'
import { type StatusDetails, StatusError } from '@petrel/machinery/status'
import { type Clock, FakeClock, seededRng, silentLogger } from '../../base/index.ts'
import { openMemoryStore, type Store, type StoreOptions } from '../../store/index.ts'
import type { ObjectReader } from '../contract.ts'
import type { Listener } from '../http/listen.ts'
import type { NodeDialer } from '../node-dialer.ts'
import type { ApiResult } from '../request.ts'
import { parseRequestInfo } from '../request-info.ts'
import { type ApiServer, createApiServer, type Security } from '../server.ts'

export interface TestServerOptions {
  readonly clock?: Clock
  readonly kinds?: readonly Kind[]
  readonly nodes?: NodeDialer
  readonly security?: Partial<Security> | ((reader: ObjectReader) => Partial<Security>)
  readonly store?: StoreOptions
  readonly requestTimeoutMs?: number
}

/** An answer of any shape, as far as tests look into it: an object, a list, a Status. */
export interface Body {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: ObjectMeta & { continue?: string; remainingItemCount?: number }
  readonly items: readonly KubeObject[]
  readonly data: Record<string, string>
  readonly spec: Record<string, unknown>
  readonly status: Record<string, unknown> & string
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly details: StatusDetails
}

/** What a call came to: the Status of an error is its `body`. */
export interface Answer {
  readonly code: number
  readonly body: Body
  readonly warnings: readonly string[]
  readonly result: ApiResult | undefined
}

export interface TestServer {
  readonly server: ApiServer
  readonly store: Store
  readonly clock: Clock
  call(method: string, target: string, body?: unknown, mediaType?: string): Promise<Answer>
  listen(): Promise<Listener>
  close(): Promise<void>
}

const version = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.2',
  gitCommit: 'test',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'test',
}

export function startServer(options: TestServerOptions = {}): TestServer {
  const clock = options.clock ?? new FakeClock()
  const store = openMemoryStore({ stamp: stampResourceVersion, ...options.store })
  const server = createApiServer({
    store,
    clock,
    rng: seededRng(1),
    log: silentLogger,
    kinds: options.kinds ?? builtinKinds,
    version,
    security: reader => ({
      ...openToAll,
      ...(typeof options.security === 'function' ? options.security(reader) : options.security),
    }),
    ...(options.nodes && { nodes: options.nodes }),
    ...(options.requestTimeoutMs !== undefined && { requestTimeoutMs: options.requestTimeoutMs }),
  })
  return {
    server,
    store,
    clock,
    call: (method, target, body, mediaType) => call(server, method, target, body, mediaType),
    listen: () => server.listen({ host: '127.0.0.1', port: 0 }),
    async close() {
      await server.close()
      await store.close()
    },
  }
}

const openToAll: Security = {
  authenticator: {
    authenticate: ({ headers }) =>
      typeof headers['x-user'] === 'string'
        ? { username: headers['x-user'], groups: ['system:authenticated'] }
        : undefined,
  },
  authorizer: {
    authorize: () => ({ allowed: true, reason: '' }),
    rulesFor: () => ({ resourceRules: [], nonResourceRules: [] }),
  },
  admission: [],
}

async function call(
  server: ApiServer,
  method: string,
  target: string,
  body: unknown,
  mediaType?: string,
): Promise<Answer> {
  const url = new URL(target, 'http://test')
  const warnings: string[] = []
  try {
    const result = await server.handle({
      method,
      info: parseRequestInfo(method, decodeURIComponent(url.pathname), url.searchParams),
      query: url.searchParams,
      user: { username: 'tester', groups: ['system:masters', 'system:authenticated'] },
      ...(body !== undefined && { body: bodyOf(body, mediaType) }),
      headers: {},
      signal: new AbortController().signal,
      warn: message => void warnings.push(message),
    })
    return { ...(read(result) as { code: number; body: Body }), warnings, result }
  } catch (error) {
    const { status } = StatusError.from(error)
    return { code: status.code, body: status as unknown as Body, warnings, result: undefined }
  }
}

function bodyOf(body: unknown, mediaType = 'application/json'): { bytes: Uint8Array; mediaType: string } {
  return { bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), mediaType }
}

function read(result: ApiResult): { code: number; body: unknown } {
  switch (result.type) {
    case 'object':
      return { code: result.code, body: result.object() }
    case 'list':
      return { code: 200, body: { metadata: result.metadata, items: result.objects() } }
    case 'status':
      return { code: result.status.code, body: result.status }
    case 'raw':
      return { code: result.code, body: result.body }
    default:
      return { code: 200, body: undefined }
  }
}
