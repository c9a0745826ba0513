/**
 * The kubectl binaries of this machine: those that the tests' set-up fetched (PETREL_KUBECTL_DIR), those in PATH, and
 * those that packages installed side by side as kubectl.1.30 and so on; one per minor version, oldest first.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Kubectl {
  readonly path: string
  /** `1.36` */
  readonly version: string
  readonly minor: number
}

export function findKubectls(env: NodeJS.ProcessEnv = process.env): Kubectl[] {
  const byMinor = new Map<number, Kubectl>()
  for (const path of candidates(env)) {
    const minor = minorOf(path)
    if (minor !== undefined && !byMinor.has(minor)) byMinor.set(minor, { path, version: `1.${minor}`, minor })
  }
  return [...byMinor.values()].sort((a, b) => a.minor - b.minor)
}

function candidates(env: NodeJS.ProcessEnv): string[] {
  const folders = [env['PETREL_KUBECTL_DIR'], ...(env['PATH'] ?? '').split(':'), ...packageFolders()]
  return folders.flatMap(folder =>
    folder && existsSync(folder)
      ? readdirSync(folder)
          .filter(name => /^kubectl([.-][\w.]+)?$/.test(name))
          .map(name => join(folder, name))
      : [],
  )
}

/** Where a package called kubectl has put its files: several versions may lie beside each other. */
function packageFolders(): string[] {
  const listed = spawnSync('dpkg', ['-L', 'kubectl'], { encoding: 'utf8' })
  if (listed.status !== 0) return []
  return [
    ...new Set(
      listed.stdout
        .split('\n')
        .filter(line => /\/kubectl[^/]*$/.test(line))
        .map(dirname),
    ),
  ]
}

function minorOf(path: string): number | undefined {
  const run = spawnSync(path, ['version', '--client', '-o', 'json'], { encoding: 'utf8', timeout: 20_000 })
  if (run.status !== 0) return undefined
  const version = JSON.parse(run.stdout) as { clientVersion?: { minor?: string; gitVersion?: string } }
  // A dispatcher picks another binary by itself: only plain ones can be told apart.
  if (version.clientVersion?.gitVersion?.includes('dispatcher')) return undefined
  const minor = Number.parseInt(version.clientVersion?.minor ?? '', 10)
  return Number.isNaN(minor) ? undefined : minor
}
