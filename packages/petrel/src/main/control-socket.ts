/**
 * How the other commands speak to a Petrel that runs: HTTP on a socket in the data folder, which only its owner can open.
 * A second process must not touch the image store while the first one holds it in memory.
 */
import { rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { ImageStore } from '../node/index.ts'
import type { DataFolder } from './data-folder.ts'
import type { StatusReport } from './status-report.ts'

/** What a process answers for. */
export interface Controlled {
  status(): StatusReport
  /** Undefined where it runs no node. */
  readonly images: ImageStore | undefined
}

export interface ControlSocket {
  close(): Promise<void>
}

export interface ImageLine {
  readonly id: string
  readonly names: readonly string[]
  readonly sizeBytes: number
}

/** An import of it would load Node's fetch as well. */
function http() {
  return process.getBuiltinModule('node:http')
}

function socketPath(data: DataFolder): string {
  return join(data.path, 'control.sock')
}

export async function controlSocket(data: DataFolder, controlled: Controlled): Promise<ControlSocket> {
  const path = socketPath(data)
  const server = http().createServer((call, reply) => {
    answer(controlled, call)
      .then(body => reply.setHeader('content-type', 'application/json').end(JSON.stringify(body)))
      .catch((error: unknown) => refuse(reply, error))
  })
  // Left by a Petrel that was killed: the store's lock says that there is no other.
  rmSync(path, { force: true })
  const mask = process.umask(0o177)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve)).finally(() =>
    process.umask(mask),
  )
  server.unref()
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer({ status, images }: Controlled, call: IncomingMessage): Promise<unknown> {
  const url = new URL(call.url ?? '/', 'http://control')
  const what = `${call.method} ${url.pathname}`
  if (what === 'GET /status') return status()
  if (!images) throw new Error('this Petrel runs no node, so it has no images')
  switch (what) {
    case 'GET /images':
      return (await images.list()).map(
        ({ id, repoTags, repoDigests, sizeBytes }): ImageLine => ({
          id,
          names: [...repoTags, ...repoDigests],
          sizeBytes,
        }),
      )
    case 'POST /images': {
      const name = url.searchParams.get('name')
      const loaded = await images.load(call, name === null ? {} : { name })
      return loaded.map(({ id, repoTags, sizeBytes }): ImageLine => ({ id, names: [...repoTags], sizeBytes }))
    }
    case 'DELETE /images':
      await images.remove(url.searchParams.get('name') ?? '')
      return {}
    default:
      throw new Error(`unknown request ${what}`)
  }
}

function refuse(reply: ServerResponse, error: unknown): void {
  reply.writeHead(400, { 'content-type': 'application/json' })
  reply.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }))
}

/** Asks the running Petrel; resolves with undefined when none runs. Rejects with what it says when it refuses. */
export function askPetrel<T>(data: DataFolder, method: string, path: string, body?: Readable): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const call = http().request({ socketPath: socketPath(data), method, path }, reply => {
      let text = ''
      reply.setEncoding('utf8')
      reply.on('data', chunk => {
        text += chunk
      })
      reply.on('error', reject)
      reply.on('end', () => {
        const value = JSON.parse(text) as T & { error?: string }
        if (reply.statusCode === 200) resolve(value)
        else reject(new Error(value.error ?? text))
      })
    })
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined)
      else reject(error)
    })
    if (body) body.on('error', error => call.destroy(error)).pipe(call)
    else call.end()
  })
}
