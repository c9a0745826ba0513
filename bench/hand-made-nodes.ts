/** Node objects without a kubelet behind them, whose Ready condition and Lease somebody else's controllers believe. */
import { Connection } from './load.ts'
import type { Running } from './target.ts'

const heartbeatMs = 10_000

/** Resolves when all exist; the heartbeats go on until `stop`. */
export async function makeNodes(server: Running, count: number): Promise<{ stop(): Promise<void> }> {
  const connection = await Connection.open(server)
  const names = Array.from({ length: count }, (_, i) => `node-${i}`)
  for (const name of names) {
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    })
    await connection.send({ method: 'POST', path: '/api/v1/nodes', body })
  }
  const beat = async (): Promise<void> => {
    for (const name of names) {
      await connection.send({
        method: 'PATCH',
        path: `/api/v1/nodes/${name}/status`,
        contentType: 'application/merge-patch+json',
        body: JSON.stringify({ status: ready() }),
      })
    }
  }
  await beat()
  let beating: Promise<void> = Promise.resolve()
  let failed: unknown
  const timer = setInterval(() => {
    beating = beating.then(beat).catch((error: unknown) => {
      failed ??= error
    })
  }, heartbeatMs)
  return {
    async stop() {
      clearInterval(timer)
      await beating
      connection.close()
      if (failed) throw failed
    },
  }
}

function ready(): unknown {
  const room = { cpu: '32', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '110' }
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }
  return { capacity: room, allocatable: room, conditions: [condition] }
}
