/** Joins one forwarded connection to a port in a pod; each direction ends on its own. */
import type { Duplex } from 'node:stream'

/** Resolves when both directions have ended. Rejects when the port cannot be reached or the connection breaks. */
export async function carryPort(client: Duplex, connect: () => Promise<Duplex>): Promise<void> {
  const pod = await connect()
  if (client.destroyed) {
    pod.destroy()
    return
  }
  try {
    await new Promise<void>((resolve, reject) => {
      let open = 2
      const half = (): void => {
        if (--open === 0) resolve()
      }
      pod.once('end', half)
      pod.once('error', reject)
      pod.once('close', resolve)
      client.once('end', half)
      client.once('error', reject)
      client.once('close', resolve)
      client.pipe(pod)
      pod.pipe(client)
    })
    if (!client.writableEnded) client.end()
  } finally {
    client.unpipe(pod)
    pod.on('error', () => {})
    pod.destroy()
  }
}
