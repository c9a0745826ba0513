/** Petrel from this checkout, as a user starts it. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, startChild } from './child.ts'
import { freePort } from './free-port.ts'
import { untilReady } from './ready.ts'
import type { Running, StartOptions, Target } from './target.ts'

const program = join(import.meta.dirname, '../petrel')

export function petrelTarget(folder: string): Target {
  const data = join(folder, 'petrel')
  const kubeconfig = join(data, 'admin.kubeconfig')
  const credential = (name: string): string | undefined => {
    if (!existsSync(kubeconfig)) return undefined
    const value = new RegExp(`${name}: "?([A-Za-z0-9+/=]+)`).exec(readFileSync(kubeconfig, 'utf8'))?.[1]
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString()
  }
  return {
    name: 'petrel',
    async start({ nodes = 0, runtime = false }: StartOptions = {}): Promise<Running> {
      const port = await freePort()
      const url = `https://127.0.0.1:${port}`
      const args = [
        'up',
        '--data-dir',
        data,
        '--listen',
        `127.0.0.1:${port}`,
        '--runtime',
        runtime ? 'process' : 'none',
      ]
      if (nodes > 0) args.push('--simulate-nodes', String(nodes))
      const started = performance.now()
      const child: Child = startChild(program, args, join(folder, 'petrel.log'))
      await untilReady(url, () => credential('certificate-authority-data'), [child], 60_000)
      const readyMs = performance.now() - started
      return {
        url,
        ca: credential('certificate-authority-data')!,
        cert: credential('client-certificate-data')!,
        key: credential('client-key-data')!,
        readyMs,
        pids: [child.pid],
        async stop() {
          await child.stop()
          if (runtime) execFileSync(program, ['down', '--data-dir', data], { stdio: 'ignore' })
        },
      }
    },
  }
}
