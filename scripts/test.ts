/**
 * The stages of `npm test`, in order; a stage that fails does not keep the later ones from being run. Arguments choose
 * stages by name: `npm test -- units`.
 *
 *   check        scripts/check.ts: types, format, layering, generated files
 *   units        the tests beside the sources
 *   conformance  Petrel as a whole against stock clients and real programs, one file at a time
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

interface Stage {
  readonly name: string
  readonly args: () => readonly string[]
}

function nodeTest(patterns: readonly string[], concurrency: number): readonly string[] {
  const files = globSync(patterns, { cwd: root, exclude: name => name === 'node_modules' }).sort()
  if (files.length === 0) throw new Error(`Cannot run tests: no file matches ${patterns.join(' ')}`)
  return ['--test', `--test-concurrency=${concurrency}`, '--test-reporter=spec', ...files]
}

const stages: readonly Stage[] = [
  { name: 'check', args: () => ['scripts/check.ts'] },
  { name: 'units', args: () => nodeTest(['packages/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'], 2) },
  { name: 'conformance', args: () => nodeTest(['conformance/**/*.test.ts'], 1) },
]

function run(stage: Stage): Promise<boolean> {
  return new Promise(done => {
    // The crash test of the log runs long here, and short beside the sources.
    const env = { PETREL_CRASH_ROUNDS: '200', ...process.env }
    const child = spawn(process.execPath, stage.args(), { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('close', code => done(code === 0))
  })
}

const chosen = process.argv.slice(2)
for (const name of chosen) {
  if (!stages.some(stage => stage.name === name)) {
    throw new Error(`Cannot run stage "${name}": the stages are ${stages.map(stage => stage.name).join(', ')}`)
  }
}

const failed: string[] = []
for (const stage of stages) {
  if (chosen.length > 0 && !chosen.includes(stage.name)) continue
  const started = performance.now()
  process.stdout.write(`\n=== ${stage.name}\n`)
  const ok = await run(stage)
  process.stdout.write(
    `=== ${stage.name}: ${ok ? 'ok' : 'FAILED'} after ${Math.round((performance.now() - started) / 1000)} s\n`,
  )
  if (!ok) failed.push(stage.name)
}
if (failed.length > 0) {
  process.stdout.write(`failed: ${failed.join(', ')}\n`)
  process.exitCode = 1
}
