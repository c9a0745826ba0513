/**
 * The shim: one small process for all containers of a data folder, that outlives the agent. It reads the FIFOs of the
 * containers into their logs and carries attach sessions. It knows nothing that is not on the disk: killed, it is
 * started again (by its supervising shell, or by the agent) and goes on where the FIFOs stand; the containers notice
 * nothing, since their keepers hold the FIFOs open. Imports little: its memory is paid on every node.
 *
 * Socket: lines of JSON. `{op:"attach"}` turns a connection into frames (see shim-frames.ts).
 */
import * as fs from 'node:fs'
import * as net from 'node:net'
import { join } from 'node:path'
import { CriLog, type LogLimits, type LogStream } from './cri-log.ts'
import { encodeFrame, FrameReader, frame, type ShimReply, type ShimRequest } from './shim-frames.ts'

/** What of a container's state.json the shim needs. */
interface ContainerInfo {
  readonly id: string
  readonly config: { readonly tty: boolean; readonly stdin: boolean; readonly stdinOnce: boolean }
  readonly stdinHolder?: { readonly pid: number }
}

/** An attached client that does not read is cut at this much. */
const attachBufferBytes = 4 << 20
/** Without containers and agents the shim ends by itself. */
const idleMs = 60_000

class Pump {
  readonly id: string
  readonly attached = new Set<net.Socket>()
  readonly #directory: string
  readonly #info: ContainerInfo
  readonly #log: CriLog
  readonly #open = new Set<LogStream>()
  readonly #waiting: (() => void)[] = []
  #stdin: net.Socket | undefined
  drained = false

  constructor(directory: string, info: ContainerInfo, limits: LogLimits) {
    this.id = info.id
    this.#directory = directory
    this.#info = info
    this.#log = new CriLog(fs.readFileSync(join(directory, 'log-path'), 'utf8'), limits)
    for (const stream of info.config.tty ? (['stdout'] as const) : (['stdout', 'stderr'] as const)) this.#read(stream)
  }

  whenDrained(then: () => void): void {
    if (this.drained) then()
    else this.#waiting.push(then)
  }

  attach(socket: net.Socket): void {
    this.attached.add(socket)
    const reader = new FrameReader()
    socket.on('data', chunk => {
      for (const { type, data } of reader.read(chunk)) {
        if (type === frame.stdin) this.#writeStdin(data, socket)
        else if (type === frame.stdinEnd) this.#endStdin()
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.attached.delete(socket)
      if (this.#info.config.stdinOnce) this.#endStdin()
    })
  }

  #read(stream: LogStream): void {
    const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants
    const path = join(this.#directory, stream)
    const fd = fs.openSync(path, O_RDONLY | O_NONBLOCK)
    // Linux reports the hang-up of a FIFO only to readers that have seen a writer, and all of them may be gone.
    fs.closeSync(fs.openSync(path, O_WRONLY | O_NONBLOCK))
    const socket = new net.Socket({ fd, readable: true, writable: false })
    this.#open.add(stream)
    socket.on('data', chunk => {
      this.#log.write(stream, chunk)
      for (const client of this.attached) {
        client.write(encodeFrame(stream === 'stdout' ? frame.stdout : frame.stderr, chunk))
        if (client.writableLength > attachBufferBytes) client.destroy()
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#closed(stream))
  }

  #closed(stream: LogStream): void {
    this.#log.end(stream)
    this.#open.delete(stream)
    if (this.#open.size > 0) return
    this.#log.close()
    this.drained = true
    fs.writeFileSync(join(this.#directory, 'drained'), this.#log.dropped > 0 ? `dropped ${this.#log.dropped}\n` : '')
    this.#stdin?.destroy()
    for (const client of this.attached) client.end()
    this.#releaseKeeper()
    for (const then of this.#waiting.splice(0)) then()
  }

  /** The keeper waits for this line before it lets go of the FIFOs. */
  #releaseKeeper(): void {
    try {
      const fd = fs.openSync(join(this.#directory, 'control'), fs.constants.O_WRONLY | fs.constants.O_NONBLOCK)
      fs.writeSync(fd, 'drained\n')
      fs.closeSync(fd)
    } catch (error) {
      // No reader: the keeper was killed, or the container never started.
      if (!['ENXIO', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }

  #writeStdin(data: Buffer, from: net.Socket): void {
    if (!this.#info.config.stdin || this.drained) return
    if (!this.#stdin) {
      try {
        const fd = fs.openSync(join(this.#directory, 'stdin'), fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
        this.#stdin = new net.Socket({ fd, readable: false, writable: true })
      } catch {
        return
      }
      this.#stdin.on('error', () => {
        this.#stdin?.destroy()
        this.#stdin = undefined
      })
    }
    // What the container does not read holds back the one who types.
    if (!this.#stdin.write(data)) {
      from.pause()
      this.#stdin.once('drain', () => from.resume())
    }
  }

  /** The container sees the end of its stdin once nobody holds it open for writing. */
  #endStdin(): void {
    const finish = (): void => {
      const holder = this.#info.stdinHolder
      if (!holder || this.#info.config.tty || this.drained) return
      try {
        process.kill(holder.pid, 'SIGKILL')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    const stdin = this.#stdin
    this.#stdin = undefined
    if (!stdin) {
      finish()
      return
    }
    stdin.end(() => {
      stdin.destroy()
      finish()
    })
  }
}

/** Serves `directory` (the runtime's folder) until nothing is left to do. Resolves with the exit code. */
export function runShim(directory: string, limits: LogLimits): Promise<number> {
  // Unix socket paths are short, data folders are not: inside the folder the name is relative.
  process.chdir(directory)
  const pumps = new Map<string, Pump>()
  const connections = new Set<net.Socket>()
  const { promise, resolve } = Promise.withResolvers<number>()
  let idle: NodeJS.Timeout | undefined

  const add = (id: string): Pump | undefined => {
    const known = pumps.get(id)
    if (known) return known
    const folder = join('containers', id)
    if (!fs.existsSync(join(folder, 'log-path')) || fs.existsSync(join(folder, 'drained'))) return undefined
    const info = JSON.parse(fs.readFileSync(join(folder, 'state.json'), 'utf8')) as ContainerInfo
    const pump = new Pump(folder, info, limits)
    pumps.set(id, pump)
    pump.whenDrained(() => {
      pumps.delete(id)
      restartIdle()
    })
    return pump
  }
  const restartIdle = (): void => {
    clearTimeout(idle)
    if (pumps.size === 0 && connections.size === 0) idle = setTimeout(() => resolve(0), idleMs)
  }
  const answer = (socket: net.Socket, request: ShimRequest): void => {
    const reply = (message: ShimReply): void => void socket.write(`${JSON.stringify(message)}\n`)
    if (request.op === 'quit') {
      resolve(0)
      return
    }
    const pump = add(request.id)
    if (request.op === 'add') return
    if (request.op === 'drain') {
      if (pump) pump.whenDrained(() => reply({ drained: request.id }))
      else reply({ drained: request.id })
      return
    }
    reply({ attached: pump !== undefined })
    if (pump) pump.attach(socket)
    else socket.end()
  }

  const server = net.createServer(socket => {
    connections.add(socket)
    clearTimeout(idle)
    let text = ''
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const request = JSON.parse(text.slice(0, end)) as ShimRequest
        text = text.slice(end + 1)
        if (request.op === 'attach') {
          socket.off('data', onData)
          answer(socket, request)
          if (text) socket.emit('data', Buffer.from(text, 'latin1'))
          return
        }
        answer(socket, request)
      }
    }
    socket.on('data', onData)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      connections.delete(socket)
      restartIdle()
    })
  })
  listen(server, 'shim.sock', taken => {
    if (taken) return resolve(0)
    fs.writeFileSync('shim.pid', `${process.pid}\n`)
    for (const id of fs.existsSync('containers') ? fs.readdirSync('containers') : []) {
      if (fs.existsSync(join('containers', id, 'pid'))) add(id)
    }
    restartIdle()
  })
  return promise
}

/** Listens, replacing the socket of a shim that is dead; tells when one is alive. */
function listen(server: net.Server, path: string, then: (taken: boolean) => void): void {
  server.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    const probe = net.connect(path)
    probe.once('connect', () => {
      probe.destroy()
      then(true)
    })
    probe.once('error', () => {
      fs.rmSync(path, { force: true })
      listen(server, path, then)
    })
  })
  server.listen(path, () => then(false))
}

if (import.meta.main) {
  const [directory = '.', maxFileBytes = '', maxFiles = '', compile = ''] = process.argv.slice(2)
  if (compile) process.exit(0)
  process.title = 'petrel-shim'
  process.exit(await runShim(directory, { maxFileBytes: Number(maxFileBytes), maxFiles: Number(maxFiles) }))
}
