/**
 * Many watchers of one path, over a few HTTP/2 connections as client-go shares them. A frame is scanned for its name,
 * not parsed: the reader must not be what is measured.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import type { Running } from './target.ts'

export interface Watches {
  /** Resolves with the latencies (ms) once every watcher has seen `objects` objects named cm-0, cm-1, … */
  untilAll(objects: number, sentAt: (index: number) => number | undefined): Promise<Float64Array>
  close(): void
}

const streamsPerConnection = 100

export async function openWatches(server: Running, path: string, count: number): Promise<Watches> {
  const sessions: ClientHttp2Session[] = []
  const streams: ClientHttp2Stream[] = []
  for (let i = 0; i < count; i++) {
    if (i % streamsPerConnection === 0) {
      sessions.push(connect(server.url, { ca: server.ca, cert: server.cert, key: server.key }))
    }
    streams.push(sessions.at(-1)!.request({ ':path': path, accept: 'application/json' }))
  }
  await Promise.all(
    streams.map(
      stream =>
        new Promise<void>((resolve, reject) => {
          stream.once('error', reject)
          stream.once('response', headers =>
            headers[':status'] === 200 ? resolve() : reject(new Error(`Cannot watch ${path}: ${headers[':status']}`)),
          )
        }),
    ),
  )
  return {
    untilAll(objects, sentAt) {
      const latencies = new Float64Array(count * objects)
      let filled = 0
      return new Promise((resolve, reject) => {
        for (const stream of streams) {
          let rest = ''
          stream.on('data', (chunk: Buffer) => {
            const now = performance.now()
            const lines = (rest + chunk.toString('latin1')).split('\n')
            rest = lines.pop() ?? ''
            for (const line of lines) {
              const index = /"name":"cm-(\d+)"/.exec(line.slice(0, 300))?.[1]
              if (index === undefined) continue
              latencies[filled++] = now - (sentAt(Number(index)) ?? now)
              if (filled === latencies.length) resolve(latencies)
            }
          })
          stream.once('close', () =>
            reject(new Error(`A watcher was cut after ${filled} of ${latencies.length} events`)),
          )
        }
      })
    },
    close() {
      for (const session of sessions) session.destroy()
    },
  }
}
