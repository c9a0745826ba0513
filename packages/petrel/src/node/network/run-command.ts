/** Runs a helper program and waits for it; its words on stderr become the error. */
import { spawn } from 'node:child_process'

export interface CommandOptions {
  readonly input?: string
  readonly cwd?: string
}

export function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const [program = '', ...args] = command
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.cwd ? { cwd: options.cwd } : {}),
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    // A program that ends without reading its input says why on stderr.
    child.stdin.on('error', () => {})
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString('utf8'))
      const words = Buffer.concat(err).toString('utf8').trim() || `ended with ${signal ?? `exit code ${code}`}`
      reject(new Error(`${program}: ${words}`))
    })
    child.stdin.end(options.input ?? '')
  })
}
