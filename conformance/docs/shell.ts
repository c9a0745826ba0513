/** Runs the blocks of a page in one shell environment, in order; what runs in the background ends with the page. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Block } from './markdown.ts'

export interface PageShell {
  /** Resolves with the output; rejects with it when the block fails or takes more than `timeoutMs`. */
  run(block: Block, timeoutMs: number): Promise<string>
  close(): Promise<void>
}

export function openShell(cwd: string, env: NodeJS.ProcessEnv): PageShell {
  const background: ChildProcess[] = []
  return {
    run(block, timeoutMs) {
      // A group of its own, so that everything a block starts can be ended with it.
      const child = spawn('bash', ['-euo', 'pipefail', '-c', block.text], {
        cwd,
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      return new Promise((resolve, reject) => {
        let output = ''
        const fail = (why: string): void => {
          endGroup(child, 'SIGKILL')
          reject(new Error(`line ${block.line}: ${why}\n$ ${block.text}\n${output}`))
        }
        const timer = setTimeout(() => fail(`not done within ${timeoutMs} ms`), timeoutMs)
        const add = (chunk: Buffer): void => {
          output += chunk.toString()
          if (block.background?.test(output)) {
            clearTimeout(timer)
            resolve(output)
          }
        }
        child.stdout.on('data', add)
        child.stderr.on('data', add)
        child.on('error', error => fail(error.message))
        child.on('close', code => {
          clearTimeout(timer)
          if (code === 0 && !block.background) resolve(output)
          else fail(`ended with ${code}`)
        })
        if (block.background) background.push(child)
      })
    },
    async close() {
      await Promise.all(
        background.map(
          child =>
            new Promise<void>(resolve => {
              if (child.exitCode !== null || child.signalCode !== null) return resolve()
              child.once('close', () => resolve())
              endGroup(child, 'SIGTERM')
            }),
        ),
      )
    },
  }
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    // It has ended by itself in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
