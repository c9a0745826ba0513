/** The API by plain HTTPS as the administrator, without any code of Petrel's: what a stranger sees of it. */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'

export interface KubeObject {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly continue?: string
  }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: unknown
  readonly status?: unknown
  readonly items?: readonly KubeObject[]
  readonly code?: number
  readonly message?: string
}

export interface WatchEvent {
  readonly type: string
  readonly object: KubeObject
}

export interface Answer {
  readonly code: number
  readonly body: KubeObject
}

export interface Watch {
  /** Resolves when the watch has ended, however it did. */
  readonly ended: Promise<void>
  cancel(): void
}

interface Connection {
  readonly host: string
  readonly port: number
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

export interface ApiClient {
  /** Where the server is and who asks, for connections of one's own. */
  readonly options: Connection
  /** Rejects when the connection breaks before the whole answer is there. */
  call(method: string, path: string, body?: unknown, type?: string): Promise<Answer>
  watch(path: string, onEvent: (event: WatchEvent) => void): Watch
  close(): void
}

export function apiClient(kubeconfig: string): ApiClient {
  const text = readFileSync(kubeconfig, 'utf8')
  const field = (name: string): string => new RegExp(`\\b${name}: "?([^"\\s]+)`).exec(text)?.[1] ?? ''
  const pem = (name: string): Buffer => Buffer.from(field(name), 'base64')
  const url = new URL(field('server'))
  const options: Connection = {
    host: url.hostname,
    port: Number(url.port),
    ca: pem('certificate-authority-data'),
    cert: pem('client-certificate-data'),
    key: pem('client-key-data'),
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  return {
    options,
    call: (method, path, body, type = 'application/json') =>
      new Promise((resolve, reject) => {
        const headers = body === undefined ? {} : { 'content-type': type }
        const out = request({ ...options, agent, method, path, headers }, response => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => void chunks.push(chunk))
          response.once('error', reject)
          response.once('end', () => {
            const text = Buffer.concat(chunks).toString()
            resolve({ code: response.statusCode ?? 0, body: JSON.parse(text) as KubeObject })
          })
        })
        out.once('error', reject)
        out.end(body === undefined ? undefined : JSON.stringify(body))
      }),
    watch(path, onEvent) {
      const { promise: ended, resolve } = Promise.withResolvers<void>()
      const out = request({ ...options, agent: false, path }, response => {
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop()!
          for (const line of lines) {
            const event = JSON.parse(line) as WatchEvent | KubeObject
            // A refusal before the first event is a Status alone.
            onEvent('type' in event ? event : { type: 'ERROR', object: event })
          }
        })
        response.once('error', () => resolve())
        response.once('close', () => resolve())
      })
      out.once('error', () => resolve())
      out.end()
      return { ended, cancel: () => void out.destroy() }
    },
    close: () => agent.destroy(),
  }
}

/** Asks again until the answer is good; what it waits for may need a turn or a second. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, timeoutMs = 60_000): Promise<T> {
  const end = performance.now() + timeoutMs
  let last: unknown
  while (performance.now() < end) {
    try {
      const found = await ask()
      if (found !== undefined) return found
    } catch (error) {
      last = error
    }
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}`, { cause: last })
}
