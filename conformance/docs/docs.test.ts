/**
 * Every command and every manifest of README.md and docs/ is executed, page by page, in the order in which a reader
 * meets it: `sh` blocks by bash in the root of the checkout, `yaml` blocks by a dry run on the server that the page has
 * started, `js` and `ts` blocks by Node. Other languages are output or configuration to look at.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findKubectls } from '../kubectl/find-kubectls.ts'
import { type Block, blocksOf } from './markdown.ts'
import { openShell } from './shell.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const blockTimeoutMs = 180_000
const needsRoot =
  process.getuid?.() !== 0 ? 'the pages run containers with addresses of their own, which takes root' : false

/** A folder with the newest kubectl found, as `kubectl`, to be first in PATH. */
function commandFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'petrel-docs-'))
  const kubectl = findKubectls().at(-1)
  if (kubectl) writeFileSync(join(folder, 'kubectl'), `#!/bin/sh\nexec '${kubectl.path}' "$@"\n`, { mode: 0o755 })
  return folder
}

/** Turns a block into what the shell of the page runs. */
function commandOf(block: Block, folder: string): Block | undefined {
  if (block.language === 'sh') return block
  if (block.language === 'yaml') {
    const file = join(folder, `line-${block.line}.yaml`)
    writeFileSync(file, block.text)
    return { ...block, text: `kubectl apply --dry-run=server -f '${file}'` }
  }
  if (block.language === 'js' || block.language === 'ts') {
    // In the checkout, so that the packages are found.
    const file = join(root, 'node_modules/.cache', `line-${block.line}.${block.language === 'js' ? 'mjs' : 'mts'}`)
    writeFileSync(file, block.text)
    return { ...block, text: `node '${file}'` }
  }
  return undefined
}

for (const page of ['README.md', ...globSync('docs/**/*.md', { cwd: root }).sort()]) {
  test(`${page} does what it says`, { skip: needsRoot }, async t => {
    const folder = commandFolder()
    const data = mkdtempSync(join(tmpdir(), 'petrel-docs-data-'))
    const shell = openShell(root, {
      ...process.env,
      PATH: `${folder}:${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
      PETREL_DATA_DIR: data,
      KUBECONFIG: join(data, 'admin.kubeconfig'),
    })
    try {
      for (const block of blocksOf(readFileSync(join(root, page), 'utf8'))) {
        const command = commandOf(block, folder)
        if (!command) continue
        await t.test(`line ${block.line}: ${block.text.split('\n')[0]}`, { skip: block.skip ?? false }, async () => {
          const output = await shell.run(command, blockTimeoutMs)
          for (const text of block.expect) {
            if (!output.includes(text))
              throw new Error(`line ${block.line}: the output lacks ${JSON.stringify(text)}:\n${output}`)
          }
        })
      }
    } finally {
      await shell.close()
      // Pages may make further data folders in theirs.
      for (const one of [data, ...readdirSync(data).map(name => join(data, name))]) {
        if (existsSync(join(one, 'node')))
          spawnSync(join(root, 'petrel'), ['down', '--data-dir', one], { stdio: 'ignore' })
      }
      rmSync(folder, { recursive: true, force: true })
      rmSync(data, { recursive: true, force: true })
    }
  })
}
