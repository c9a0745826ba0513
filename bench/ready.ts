/** Polls /readyz over TLS until it answers 200. */
import { request } from 'node:https'
import type { Child } from './child.ts'

function once(url: string, ca: string): Promise<boolean> {
  return new Promise(resolve => {
    const call = request(`${url}/readyz`, { ca, timeout: 1000 }, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode === 200))
    })
    call.on('error', () => resolve(false))
    call.on('timeout', () => call.destroy())
    call.end()
  })
}

/** `readCa` is asked each time: the server may write its CA only after it has started. */
export async function untilReady(
  url: string,
  readCa: () => string | undefined,
  servers: readonly Child[],
  timeoutMs: number,
): Promise<void> {
  const end = performance.now() + timeoutMs
  while (performance.now() < end) {
    if (!servers.every(server => server.running)) throw new Error(`Cannot measure ${url}: its server has ended`)
    const ca = readCa()
    if (ca !== undefined && (await once(url, ca))) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`Cannot measure ${url}: not ready within ${timeoutMs} ms`)
}
