/** A server process of a measurement: output to a file, ended with SIGTERM and at last SIGKILL. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

export interface Child {
  readonly pid: number
  readonly running: boolean
  stop(): Promise<void>
}

export function startChild(
  file: string,
  args: readonly string[],
  logFile: string,
  env: NodeJS.ProcessEnv = process.env,
): Child {
  const log = openSync(logFile, 'a')
  const child: ChildProcess = spawn(file, args, { stdio: ['ignore', log, log], env })
  closeSync(log)
  const ended = new Promise<void>(resolve => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  if (child.pid === undefined) throw new Error(`Cannot start ${file}: see ${logFile}`)
  return {
    pid: child.pid,
    get running() {
      return child.exitCode === null && child.signalCode === null
    },
    async stop() {
      child.kill('SIGTERM')
      const kill = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await ended
      clearTimeout(kill)
    },
  }
}
