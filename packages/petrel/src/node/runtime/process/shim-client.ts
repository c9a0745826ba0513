/**
 * The agent's end of the shim: starts it when it is not there, connects again when it was killed, and carries attach
 * sessions. Starting is left to a shell that restarts the shim until it ends by itself or its folder is gone, so that
 * logs go on even while there is no agent.
 */
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import * as net from 'node:net'
import { dirname, join } from 'node:path'
import { PassThrough, type Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Clock, Logger } from '../../../base/index.ts'
import { sleep } from '../../../base/index.ts'
import type { StreamSession } from '../index.ts'
import { RuntimeError } from '../index.ts'
import { defaultLimits, type LogLimits } from './cri-log.ts'
import { encodeFrame, FrameReader, frame, type ShimReply, type ShimRequest } from './shim-frames.ts'

/**
 * The first run only compiles: it leaves its code in the cache, so that the one that stays need not load what strips types,
 * which would take more memory than all the rest of it.
 */
const supervisor = `for entrance in $PETREL_ENTRANCES; do echo 0 >"$entrance"; done
[ -z "$NODE_COMPILE_CACHE" ] || "$@" compile </dev/null >>shim.log 2>&1
while [ "$PWD" -ef . ]; do "$@" </dev/null >>shim.log 2>&1 && exit; sleep 0.2; done`

export interface ShimOptions {
  /** The runtime's folder. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Logger
  readonly limits?: LogLimits
  /** cgroup.procs files outside the agent's own group, so that ending the agent's service does not end the shim. */
  readonly entrances: readonly string[]
}

export class ShimClient {
  readonly #options: ShimOptions
  readonly #adding = new Set<string>()
  readonly #draining = new Map<string, (() => void)[]>()
  #control: Promise<net.Socket> | undefined
  #folder: number | undefined
  #closed = false

  constructor(options: ShimOptions) {
    this.#options = options
  }

  /** Has the container's output read. Needs no answer: the shim also finds it on the disk. */
  add(id: string): void {
    this.#adding.add(id)
    this.#send({ op: 'add', id })
  }

  /** Resolves when the log is complete, or after `timeoutMs`. */
  async drained(id: string, timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(timeoutMs, resolve)
    this.#draining.set(id, [...(this.#draining.get(id) ?? []), resolve])
    this.#send({ op: 'drain', id })
    await promise
    timer.cancel()
    this.#adding.delete(id)
    this.#draining.delete(id)
  }

  /** Joins a container's streams. `exit` is told when the container's output has ended. */
  async attach(
    id: string,
    wanted: { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean },
  ): Promise<AttachStreams> {
    await this.#connected()
    const socket = await this.#connect()
    const out = new PassThrough()
    const err = wanted.tty ? undefined : new PassThrough()
    socket.write(`${JSON.stringify({ op: 'attach', id } satisfies ShimRequest)}\n`)
    const first = await firstLine(socket)
    if (!('attached' in first.reply) || !first.reply.attached) {
      socket.destroy()
      throw new RuntimeError('NotFound', `container "${id}" is not running`)
    }
    const frames = new FrameReader()
    const deliver = (chunk: Buffer): void => {
      for (const { type, data } of frames.read(chunk)) {
        const stream = type === frame.stderr ? err : out
        if (stream && !stream.write(data)) {
          socket.pause()
          stream.once('drain', () => socket.resume())
        }
      }
    }
    const ended = new Promise<void>(resolve => {
      socket.on('close', () => {
        out.end()
        err?.end()
        resolve()
      })
    })
    socket.on('error', () => socket.destroy())
    socket.on('data', deliver)
    if (first.rest.length > 0) deliver(first.rest)
    // Streams that were not asked for run dry, so that they hold nobody back.
    if (!wanted.stdout) out.resume()
    if (!wanted.stderr) err?.resume()
    const stdin = wanted.stdin ? stdinTo(socket) : undefined
    return {
      stdin,
      stdout: wanted.stdout ? out : undefined,
      stderr: wanted.stderr ? err : undefined,
      ended,
      close: () => socket.destroy(),
    }
  }

  /** Lets go; the shim stays. */
  async close(): Promise<void> {
    this.#closed = true
    const control = this.#control
    this.#control = undefined
    if (control) (await control.catch(() => undefined))?.destroy()
    if (this.#folder !== undefined) fs.closeSync(this.#folder)
    this.#folder = undefined
  }

  /** Lets go, and ends the shim where one runs: nothing is left for it to read. */
  async quit(): Promise<void> {
    const socket = await this.#connect().catch(() => undefined)
    await this.close()
    if (!socket) return
    const gone = new Promise<void>(resolve => socket.once('close', () => resolve()))
    socket.on('error', () => socket.destroy())
    socket.write(`${JSON.stringify({ op: 'quit' } satisfies ShimRequest)}\n`)
    socket.resume()
    await gone
  }

  #send(request: ShimRequest): void {
    this.#connected().then(
      socket => socket.write(`${JSON.stringify(request)}\n`),
      (error: unknown) => {
        if (!this.#closed) this.#options.log.error('cannot reach the shim; logs wait in the FIFOs', { err: error })
      },
    )
  }

  #connected(): Promise<net.Socket> {
    if (this.#closed) return Promise.reject(new Error('the runtime is closed'))
    this.#control ??= this.#open().catch((error: unknown) => {
      this.#control = undefined
      throw error
    })
    return this.#control
  }

  async #open(): Promise<net.Socket> {
    let socket = await this.#connect().catch(() => undefined)
    if (!socket) {
      this.#start()
      for (let tried = 0; !socket; tried++) {
        await sleep(this.#options.clock, 10)
        if (this.#closed) throw new Error('the runtime is closed')
        socket = await this.#connect().catch((error: unknown) => {
          if (tried > 1000) throw new Error('the shim does not start; see shim.log', { cause: error })
          return undefined
        })
      }
    }
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const reply = JSON.parse(text.slice(0, end)) as ShimReply
        text = text.slice(end + 1)
        if ('drained' in reply) for (const resolve of this.#draining.get(reply.drained) ?? []) resolve()
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#control = undefined
      if (this.#closed) return
      this.#options.log.warn('the shim went away; connecting again')
      for (const id of this.#adding) this.#send({ op: 'add', id })
      for (const id of this.#draining.keys()) this.#send({ op: 'drain', id })
    })
    return socket
  }

  #start(): void {
    const limits = this.#options.limits ?? defaultLimits
    const program = fileURLToPath(new URL('./shim.ts', import.meta.url))
    // The heap is a few MB; small semi-spaces and no background compilation keep it there.
    const flags = [
      '--max-semi-space-size=1',
      '--max-old-space-size=64',
      '--single-threaded',
      '--disable-warning=ExperimentalWarning',
    ]
    const words = [
      process.execPath,
      ...flags,
      program,
      this.#options.directory,
      String(limits.maxFileBytes),
      String(limits.maxFiles),
    ]
    const cache = getCompileCacheDir()
    const child = spawn('sh', ['-c', supervisor, 'petrel-shim', ...words], {
      cwd: this.#options.directory,
      detached: true,
      stdio: 'ignore',
      env: {
        PATH: process.env['PATH'] ?? '',
        PETREL_ENTRANCES: this.#options.entrances.join(' '),
        UV_THREADPOOL_SIZE: '1',
        NODE_COMPILE_CACHE: cache ? dirname(cache) : '',
      },
    })
    child.on('error', error => this.#options.log.error('cannot start the shim', { err: error }))
    child.unref()
  }

  #connect(): Promise<net.Socket> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(this.#socketPath())
      socket.once('connect', () => resolve(socket))
      socket.once('error', reject)
    })
  }

  /** Unix socket paths end at 107 bytes; a longer one is reached through a descriptor of its folder. */
  #socketPath(): string {
    const path = join(this.#options.directory, 'shim.sock')
    if (Buffer.byteLength(path) <= 100) return path
    this.#folder ??= fs.openSync(this.#options.directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
    return `/proc/self/fd/${this.#folder}/shim.sock`
  }
}

export interface AttachStreams extends Pick<StreamSession, 'stdin' | 'stdout' | 'stderr' | 'close'> {
  readonly ended: Promise<void>
}

function stdinTo(socket: net.Socket): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => void socket.write(encodeFrame(frame.stdin, chunk), () => done()),
    final: done => void socket.write(encodeFrame(frame.stdinEnd, Buffer.alloc(0)), () => done()),
  })
}

function firstLine(socket: Readable): Promise<{ reply: ShimReply; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      const end = bytes.indexOf(10)
      if (end < 0) return
      socket.off('data', onData).off('close', onClose)
      resolve({ reply: JSON.parse(bytes.subarray(0, end).toString()) as ShimReply, rest: bytes.subarray(end + 1) })
    }
    const onClose = (): void => reject(new Error('the shim closed the connection'))
    socket.on('data', onData).on('close', onClose)
    socket.on('error', reject)
  })
}
