/**
 * `npm run check`: everything about the sources that can be said without running them. Types, format and lint, the
 * layering rule, generated files, unused exports and dependencies. All checks run; the exit code says whether all hold.
 */
import { spawn } from 'node:child_process'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkLayering } from './check/layering.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

interface Check {
  readonly name: string
  run(): Promise<{ ok: boolean; output: string }>
}

function command(name: string, file: string, args: readonly string[]): Check {
  return {
    name,
    run: () =>
      new Promise(done => {
        const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
        let output = ''
        const add = (chunk: Buffer): void => {
          output += chunk.toString()
        }
        child.stdout.on('data', add)
        child.stderr.on('data', add)
        child.on('error', error => done({ ok: false, output: String(error) }))
        child.on('close', code => done({ ok: code === 0, output }))
      }),
  }
}

const bin = (name: string): string => resolve(root, 'node_modules/.bin', name)

const checks: readonly Check[] = [
  {
    name: 'layering',
    run: async () => {
      const faults = checkLayering(root)
      return { ok: faults.length === 0, output: faults.join('\n') }
    },
  },
  command('types', bin('tsc'), ['-p', 'tsconfig.json']),
  command('types of the machinery, without Node', bin('tsc'), ['-p', 'packages/machinery/tsconfig.json']),
  command('format and lint', bin('biome'), ['check', '.']),
  command('generated files', process.execPath, ['scripts/generate/index.ts', '--check']),
  // Types in a door are the words of its interface, used or not; programs of the machine are no packages.
  command('unused exports and dependencies', bin('knip'), ['--no-progress', '--exclude', 'types,binaries']),
]

let failed = 0
for (const check of checks) {
  const started = performance.now()
  const { ok, output } = await check.run()
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${check.name} (${seconds} s)\n`)
  if (!ok) {
    failed++
    process.stdout.write(`${output.trimEnd()}\n`)
  }
}
process.exitCode = failed === 0 ? 0 : 1
