/**
 * How far containers can be kept apart on this machine. Nothing is assumed: each level is tried once, with the very
 * calls that containers need, and what failed is said in words.
 */
import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from './tools.ts'

const run = promisify(execFile)

/** `root`: namespaces of our own; `user`: the same inside a user namespace; `plain`: processes with a folder. */
export type IsolationLevel = 'root' | 'user' | 'plain'

export interface Isolation {
  readonly level: IsolationLevel
  /** Why not the next better level; empty for `root`. */
  readonly reason: string
}

export async function detectIsolation(scratch: string, level?: IsolationLevel): Promise<Isolation> {
  if (level === 'plain') return { level, reason: 'asked for' }
  if (process.platform !== 'linux') return { level: 'plain', reason: `${process.platform} has no namespaces` }
  const missing = [
    'unshare',
    'nsenter',
    'mount',
    'umount',
    'pivot_root',
    'setpriv',
    'setsid',
    'script',
    'mkfifo',
    'hostname',
  ].filter(name => !findProgram(name))
  if (missing.length > 0) return { level: 'plain', reason: `${missing.join(', ')} not installed (util-linux)` }
  const root = process.getuid?.() === 0
  let reason = 'not root'
  if (root && level !== 'user') {
    const refused = await probe(scratch, [])
    if (refused === undefined) return { level: 'root', reason: '' }
    reason = `root without the rights for namespaces (${refused})`
  }
  const refused = await probe(scratch, ['-U', '-r'])
  if (refused === undefined) return { level: 'user', reason }
  return { level: 'plain', reason: `${reason}, user namespaces refused (${refused})` }
}

/** Makes the namespaces and the mounts of a container; returns what the machine said against it. */
async function probe(scratch: string, user: readonly string[]): Promise<string | undefined> {
  fs.mkdirSync(scratch, { recursive: true })
  const directory = fs.mkdtempSync(join(scratch, 'probe-'))
  const overlay = `lowerdir=lower,upperdir=upper,workdir=work${user.length > 0 ? ',userxattr' : ''}`
  const script = [
    'mkdir lower lower/proc lower/dev upper work root',
    `mount -t overlay overlay -o ${overlay} root`,
    'mount -t proc proc root/proc',
    'mount -t tmpfs tmpfs root/dev',
  ].join(' && ')
  try {
    await run('unshare', [...user, '-m', '-p', '-f', '-i', '-u', 'sh', '-c', script], {
      cwd: directory,
      timeout: 10_000,
    })
    return undefined
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    return (stderr || message).trim().split('\n')[0] ?? ''
  } finally {
    await fs.promises.rm(directory, { recursive: true, force: true })
  }
}
