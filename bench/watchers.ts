/**
 * Many watchers of one path, each on a connection of its own as a kubelet's is. An event is searched for its name, not
 * parsed: the reader must not be what is measured. A watch that the server cuts, as kube-apiserver does with slow readers,
 * comes back from the last revision it saw, as every client's does.
 */
import type { TLSSocket } from 'node:tls'
import { openSocket, requestText } from './load.ts'
import { ResponseReader } from './response-reader.ts'
import type { Running } from './target.ts'

export interface Watches {
  /** How often the server ended a watch. */
  readonly cut: number
  /** Resolves with the latencies (ms) once every watcher has seen `objects` objects named cm-0, cm-1, … */
  untilAll(objects: number, sentAt: (index: number) => number | undefined): Promise<Float64Array>
  close(): void
}

const nameStart = Buffer.from('"name":"cm-')
const newline = 10
/** TLS handshakes that are under way at once: more only wait for each other. */
const openingAtOnce = 50

export async function openWatches(server: Running, path: string, count: number): Promise<Watches> {
  const sockets: TLSSocket[] = []
  let seen: (index: number) => void = () => undefined
  let fail: (error: Error) => void = () => undefined
  let closed = false
  let cut = 0
  const open = async (from = '0'): Promise<void> => {
    const socket = await openSocket(server)
    sockets.push(socket)
    let revision = from
    socket.once('close', () => {
      if (closed) return
      cut++
      open(revision).catch((error: Error) => fail(error))
    })
    await new Promise<void>((resolve, reject) => {
      let rest: Buffer | undefined
      const reader = new ResponseReader({
        head: status => (status === 200 ? resolve() : reject(new Error(`Cannot watch ${path}: ${status}`))),
        body: piece => {
          const bytes = rest ? Buffer.concat([rest, piece]) : piece
          const end = bytes.lastIndexOf(newline) + 1
          rest = end < bytes.length ? bytes.subarray(end) : undefined
          findNames(bytes, end, index => seen(index))
          if (end > 0) revision = lastRevision(bytes, end) ?? revision
        },
        end: () => void socket.destroy(),
      })
      socket.on('data', bytes => reader.push(bytes))
      socket.write(requestText({ method: 'GET', path: `${path}?watch=true&resourceVersion=${from}` }))
    })
  }
  for (let i = 0; i < count; i += openingAtOnce) {
    await Promise.all(Array.from({ length: Math.min(openingAtOnce, count - i) }, () => open()))
  }
  return {
    get cut() {
      return cut
    },
    untilAll(objects, sentAt) {
      const latencies = new Float64Array(count * objects)
      let filled = 0
      return new Promise((resolve, reject) => {
        fail = reject
        seen = index => {
          const now = performance.now()
          latencies[filled++] = now - (sentAt(index) ?? now)
          if (filled === latencies.length) resolve(latencies)
        }
      })
    },
    close() {
      closed = true
      fail = () => undefined
      for (const socket of sockets) socket.destroy()
    },
  }
}

const revisionStart = Buffer.from('"resourceVersion":"')

/** Of the last event before `end`. */
function lastRevision(bytes: Buffer, end: number): string | undefined {
  const at = bytes.lastIndexOf(revisionStart, end)
  if (at < 0) return undefined
  const start = at + revisionStart.length
  return bytes.toString('latin1', start, bytes.indexOf('"', start))
}

/** Calls back with N for each line that has an object of name cm-N. */
function findNames(bytes: Buffer, end: number, found: (index: number) => void): void {
  let at = bytes.indexOf(nameStart)
  while (at >= 0 && at < end) {
    let index = 0
    for (let i = at + nameStart.length; bytes[i]! >= 48 && bytes[i]! <= 57; i++) index = index * 10 + bytes[i]! - 48
    found(index)
    const next = bytes.indexOf(newline, at)
    at = next < 0 ? -1 : bytes.indexOf(nameStart, next)
  }
}
