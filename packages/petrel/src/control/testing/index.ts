/** For tests alone: controllers running against the real API server in this process, on one clock that stands still. */
import { namespaces } from '@petrel/machinery/kinds'
import { startTestServer, type TestServer, type TestServerOptions } from '../../testing/index.ts'
import type { Controller } from '../define-controller.ts'
import { type RunningControllers, type StartOptions, startControllers } from '../start-controllers.ts'

export { eventually } from '../../testing/index.ts'

export interface TestCluster extends TestServer {
  readonly running: RunningControllers
  /** Resolves when the controllers have nothing to do and nothing is written any more; time stands still. */
  settled(): Promise<void>
  /** Moves time on in steps, letting the controllers come to rest after each. */
  pass(ms: number, stepMs?: number): Promise<void>
}

/** Starts a server with the namespaces `default` and `kube-system`, and these controllers on it. */
export async function startTestCluster(
  controllers: readonly Controller[],
  options: Partial<StartOptions> & TestServerOptions = {},
): Promise<TestCluster> {
  const server = startTestServer(options)
  for (const name of ['default', 'kube-system']) await server.client.create(namespaces, { metadata: { name } })
  const { client, clock, rng, log, store } = server
  const running = startControllers(client, controllers, { clock, rng, log, ...options })
  await running.ready()

  const settled = async (): Promise<void> => {
    let quiet = 0
    let revision = store.revision
    for (let turn = 0; quiet < 25; turn++) {
      if (turn > 20_000) throw new Error(`the controllers do not come to rest: ${JSON.stringify(running.status)}`)
      await new Promise(resolve => setImmediate(resolve))
      quiet = running.idle() && store.revision === revision ? quiet + 1 : 0
      revision = store.revision
    }
  }
  await settled()
  return {
    ...server,
    running,
    settled,
    async pass(ms, stepMs = ms) {
      for (let left = ms; left > 0; left -= stepMs) {
        await clock.advance(Math.min(left, stepMs))
        await settled()
      }
    },
    async close() {
      await running.close()
      await server.close()
    },
  }
}
export { eventsAbout, type PodStep, podsWith, report } from './kubelet.ts'
export { type PodWish, registerNode, runPod, setReady } from './pods-and-nodes.ts'
