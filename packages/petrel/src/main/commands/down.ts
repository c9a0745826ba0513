/** `petrel down`: stops the process, ends every container that it left, and removes its links and rules. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { keptRanges } from '../cluster-ranges.ts'
import { askPetrel } from '../control-socket.ts'
import { dataFolder } from '../data-folder.ts'
import { networkId } from '../parts/local-node.ts'
import type { StatusReport } from '../status-report.ts'

const stopMs = 30_000

export async function down(options: { readonly dataDir?: string }): Promise<void> {
  const data = dataFolder(options.dataDir)
  const report = await askPetrel<StatusReport>(data, 'GET', '/status')
  if (report) {
    process.kill(report.pid, 'SIGTERM')
    await untilGone(report.pid)
    process.stdout.write(`stopped process ${report.pid}\n`)
  }
  if (!existsSync(join(data.node, 'runtime'))) return
  const { BridgeNetwork, ImageStore, openProcessRuntime, ServiceProxy, whyNoPodNetwork } = await import(
    '../../node/index.ts'
  )
  const id = networkId(data.node)
  const { pods: podCidr, services: serviceCidr } = keptRanges(data.cluster, {})
  const network =
    (await whyNoPodNetwork()) === undefined
      ? await BridgeNetwork.open({ directory: data.node, id, podCidr, serviceCidr })
      : undefined
  const images = new ImageStore({ directory: join(data.node, 'images') })
  const runtime = await openProcessRuntime({
    directory: join(data.node, 'runtime'),
    images,
    ...(network && { network }),
  })
  const sandboxes = await runtime.listPodSandboxes()
  for (const sandbox of sandboxes) {
    await runtime.stopPodSandbox(sandbox.id)
    await runtime.removePodSandbox(sandbox.id)
  }
  await runtime.close()
  if (network) {
    await new ServiceProxy({ id, nodeName: '', podCidr, serviceCidr }).cleanup()
    await network.cleanup()
  }
  process.stdout.write(`ended ${sandboxes.length} pods\n`)
}

async function untilGone(pid: number): Promise<void> {
  const end = performance.now() + stopMs
  while (performance.now() < end) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`Cannot stop process ${pid}: it is still there after ${stopMs / 1000} s`)
}
