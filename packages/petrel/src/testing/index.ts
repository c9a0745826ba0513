/**
 * For tests alone: the real API server in this process, on a store in memory and a clock that stands still, with every
 * request allowed. What a test asserts of a loop it asserts against the server that the loop will meet.
 */
import { builtinKinds } from '@petrel/machinery/kinds'
import { stampResourceVersion } from '@petrel/machinery/schema'
import { type AdmissionPlugin, type ApiServer, createApiServer, type Security } from '../api/index.ts'
import { FakeClock, type Logger, type Rng, seededRng, silentLogger } from '../base/index.ts'
import { type Client, localClient } from '../client/index.ts'
import { openMemoryStore, type Store } from '../store/index.ts'

export interface TestServer {
  readonly clock: FakeClock
  readonly rng: Rng
  readonly log: Logger
  readonly store: Store
  readonly server: ApiServer
  /** May do everything. */
  readonly client: Client
  close(): Promise<void>
}

const user = { username: 'test', groups: ['system:masters', 'system:authenticated'] }

/** Anonymous callers over HTTP may do everything, too. */
const open: Security = {
  authenticator: { authenticate: () => user },
  authorizer: {
    authorize: () => ({ allowed: true, reason: 'test' }),
    rulesFor: () => ({ resourceRules: [], nonResourceRules: [] }),
  },
  admission: [],
}

export interface TestServerOptions {
  /** None when undefined. */
  readonly admission?: readonly AdmissionPlugin[]
}

export function startTestServer({ admission = [] }: TestServerOptions = {}): TestServer {
  const clock = new FakeClock()
  const rng = seededRng(1)
  const log = silentLogger
  const store = openMemoryStore({ stamp: stampResourceVersion })
  const version = {
    major: '1',
    minor: '36',
    gitVersion: 'v1.36.0',
    gitCommit: '',
    gitTreeState: '',
    buildDate: '',
    goVersion: '',
    compiler: '',
    platform: '',
  }
  const server = createApiServer({
    store,
    clock,
    rng,
    log,
    kinds: builtinKinds,
    version,
    security: () => ({ ...open, admission }),
  })
  return {
    clock,
    rng,
    log,
    store,
    server,
    client: localClient(server.handle, user),
    async close() {
      await server.close()
      await store.close()
    },
  }
}

/**
 * Lets everything run that is ready, without moving time, until `check` returns without throwing; then returns what it
 * returned. Rejects with what `check` threw last after so many turns.
 */
export async function eventually<T>(check: () => T | Promise<T>, turns = 2000): Promise<T> {
  for (let turn = 0; ; turn++) {
    try {
      return await check()
    } catch (error) {
      if (turn >= turns) throw error
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}

export { type Fault, FaultyClient } from './faulty-client.ts'
