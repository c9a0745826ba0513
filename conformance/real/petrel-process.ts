/** A Petrel of its own for a test: the program itself, with a data folder and a port that nobody else has. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const run = promisify(execFile)

export interface PetrelProcess {
  readonly data: string
  readonly port: number
  readonly kubeconfig: string
  readonly pid: number
  /** Everything it has printed. */
  readonly output: string
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>
  kill(signal: NodeJS.Signals): void
  /** Another start on the same data. */
  restart(args?: readonly string[]): Promise<PetrelProcess>
  /** Runs another command of petrel on this data; resolves with its output, rejects when it fails. */
  command(...args: string[]): Promise<string>
  /** Ends it with all its containers and removes the data. */
  remove(): Promise<void>
}

/** Away from the default ranges: a Petrel that runs on this machine for its own sake is not in the way. */
const ranges = ['--pod-cidr', '10.199.0.0/24', '--service-cidr', '10.198.0.0/16']

/** Resolves when it says that it is ready. */
export async function startPetrelProcess(args: readonly string[] = []): Promise<PetrelProcess> {
  return start(mkdtempSync(join(tmpdir(), 'petrel-test-')), await freePort(), args)
}

async function start(data: string, port: number, args: readonly string[]): Promise<PetrelProcess> {
  const where = ['--data-dir', data, '--listen', `127.0.0.1:${port}`, ...ranges]
  const child = spawn(join(root, 'petrel'), ['up', ...where, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = await untilReady(child)
  const command = async (...words: string[]): Promise<string> => {
    const { stdout } = await run(join(root, 'petrel'), [...words, '--data-dir', data], { maxBuffer: 1 << 24 })
    return stdout
  }
  const ended = new Promise<number | null>(done => child.once('close', done))
  return {
    data,
    port,
    kubeconfig: join(data, 'admin.kubeconfig'),
    pid: child.pid!,
    get output() {
      return output()
    },
    ended,
    kill: signal => void child.kill(signal),
    restart: (more = []) => start(data, port, more),
    command,
    async remove() {
      await command('down')
      rmSync(data, { recursive: true, force: true })
    },
  }
}

function untilReady(child: ChildProcess): Promise<() => string> {
  return new Promise((done, reject) => {
    let text = ''
    const add = (chunk: Buffer): void => {
      text += chunk.toString()
      if (/ready after \d+ ms/.test(text)) done(() => text)
    }
    child.stdout?.on('data', add)
    child.stderr?.on('data', add)
    child.once('close', code => reject(new Error(`petrel up ended with ${code}:\n${text}`)))
    child.once('error', reject)
  })
}

export function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
