/** Passes somebody else's answer through, at the pace of the reader. */
import type { StreamResult } from '../request.ts'
import type { Exchange, Headers } from './exchange.ts'

export async function sendStream(exchange: Exchange, headers: Headers, result: StreamResult): Promise<void> {
  const out = exchange.open(result.code, { ...headers, ...result.headers })
  let gone = false
  exchange.onClose(() => {
    gone = true
  })
  try {
    for await (const chunk of result.body) {
      if (gone) break
      out.write(chunk)
      await out.drained()
    }
    out.end()
  } catch {
    // The source broke off: the reader must not take this for the whole.
    out.destroy()
  }
}
