/** Connections to 127.0.0.1 of a pod: directly where the pod shares the node's network, else through a relay inside. */
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import * as net from 'node:net'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { RuntimeError } from '../index.ts'

export class PortForwarder {
  /** Relays by network namespace. */
  readonly #relays = new Map<string, Promise<string>>()

  /** `directory` is the sandbox's folder. Rejects with RuntimeError when nobody listens. */
  async connect(netns: string | undefined, directory: string, port: number): Promise<Duplex> {
    if (netns === undefined) return connectTo({ host: '127.0.0.1', port }, port)
    let relay = this.#relays.get(netns)
    if (!relay) {
      relay = startRelay(netns, directory, () => this.#relays.delete(netns))
      this.#relays.set(netns, relay)
      relay.catch(() => this.#relays.delete(netns))
    }
    const socket = await connectTo({ path: await relay }, port)
    socket.write(`${port}\n`)
    const answer = await readLine(socket)
    if (answer === 'ok') return socket
    socket.destroy()
    throw new RuntimeError('PortForward', `failed to connect to localhost:${port} inside the pod: ${answer}`)
  }
}

async function startRelay(netns: string, directory: string, onEnd: () => void): Promise<string> {
  // Relative to the folder, since socket paths are short; the agent goes by the relay's own view of it.
  fs.rmSync(`${directory}/relay.sock`, { force: true })
  const program = fileURLToPath(new URL('./relay.ts', import.meta.url))
  const flags = ['--max-semi-space-size=1', '--disable-warning=ExperimentalWarning']
  const child = spawn('nsenter', [`--net=${netns}`, process.execPath, ...flags, program, 'relay.sock'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {},
  })
  await new Promise<void>((resolve, reject) => {
    let words = ''
    child.stderr.on('data', (chunk: Buffer) => {
      words += chunk.toString()
    })
    child.once('error', reject)
    child.once('exit', code => {
      onEnd()
      reject(new RuntimeError('PortForward', `the relay ended with ${code}: ${words.trim()}`))
    })
    child.stdout.once('data', () => resolve())
  })
  child.unref()
  for (const stream of [child.stdout, child.stderr]) (stream as net.Socket).unref()
  return `/proc/${child.pid}/cwd/relay.sock`
}

function connectTo(target: net.NetConnectOpts, port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ ...target, allowHalfOpen: true } as net.NetConnectOpts)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', cause => {
      reject(
        new RuntimeError('PortForward', `failed to connect to localhost:${port} inside the pod: ${cause.message}`, {
          cause,
        }),
      )
    })
  })
}

function readLine(socket: net.Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\n')
      if (end < 0) return
      socket.off('data', onData).off('close', onClose)
      socket.pause()
      if (end + 1 < text.length) socket.unshift(Buffer.from(text.slice(end + 1), 'latin1'))
      resolve(text.slice(0, end))
    }
    const onClose = (): void => reject(new RuntimeError('PortForward', 'the relay closed the connection'))
    socket.on('data', onData).once('close', onClose)
  })
}
