/** postStart and preStop hooks: exec, httpGet, sleep (pkg/kubelet/lifecycle). */
import type { Container, LifecycleHandler } from '@petrel/machinery/api/core-v1'
import { type Clock, sleep } from '../../base/index.ts'
import type { ProbeRunner } from './probes/index.ts'

/** Resolves with what went wrong, undefined when it went well. Never rejects. */
export async function runHook(
  handler: LifecycleHandler,
  target: { readonly containerId: string; readonly container: Container; readonly podIP: string },
  timeoutSeconds: number,
  run: ProbeRunner,
  clock: Clock,
): Promise<string | undefined> {
  if (handler.sleep) {
    await sleep(clock, handler.sleep.seconds * 1000)
    return undefined
  }
  const { exec, httpGet, tcpSocket } = handler
  const probe = { ...(exec && { exec }), ...(httpGet && { httpGet }), ...(tcpSocket && { tcpSocket }), timeoutSeconds }
  const { success, output } = await run(probe, target)
  return success ? undefined : output
}
