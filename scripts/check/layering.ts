/**
 * The layering rule of ARCHITECTURE.md, as a program: imports go down only, cross a folder only through its index.ts,
 * form no cycle, and the machinery touches nothing of Node. Plain import lines are enough to see all of it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Folders from the ground up. A folder imports those of lower ranks; of its own rank only itself. */
interface Layers {
  readonly root: string
  readonly ranks: readonly (readonly string[])[]
  readonly forbidNode: boolean
}

const layers: readonly Layers[] = [
  {
    root: 'packages/machinery/src',
    ranks: [
      ['api', 'status'],
      ['quantity', 'names'],
      ['selectors', 'schema'],
      ['codec', 'patch', 'table'],
      ['kinds'],
      ['openapi'],
    ],
    forbidNode: true,
  },
  {
    root: 'packages/petrel/src',
    ranks: [
      ['base'],
      ['store'],
      ['api'],
      ['client'],
      ['testing'],
      ['sync'],
      ['control', 'scheduler', 'node'],
      ['main'],
    ],
    forbidNode: false,
  },
]

interface Import {
  readonly specifier: string
  readonly line: number
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'"\n;]*(?:\{[^}]*\}[^'"\n;]*)?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g

/** Every static and dynamic import of a source text. */
export function importsOf(source: string): Import[] {
  const found: Import[] = []
  for (const match of source.matchAll(importPattern)) {
    const specifier = match[1] ?? match[2] ?? match[3]
    if (specifier === undefined) continue
    const end = (match.index ?? 0) + match[0].length
    found.push({ specifier, line: source.slice(0, end).split('\n').length })
  }
  return found
}

function sourcesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))
    .sort()
}

/** Returns one line a fault. `repository` is the root of the checkout. */
export function checkLayering(repository: string): string[] {
  return layers.flatMap(layer => checkPackage(repository, layer))
}

function checkPackage(repository: string, layer: Layers): string[] {
  const root = resolve(repository, layer.root)
  const faults: string[] = []
  const graph = new Map<string, string[]>()
  for (const file of sourcesBelow(root)) {
    const test = /\.test\.ts$/.test(file)
    const edges: string[] = []
    for (const { specifier, line } of importsOf(readFileSync(file, 'utf8'))) {
      const at = `${relative(repository, file)}:${line}`
      if (layer.forbidNode && !test && (specifier.startsWith('node:') || specifier === 'petrel')) {
        faults.push(`${at}: imports ${specifier}, but the machinery runs anywhere`)
      }
      if (!specifier.startsWith('.')) continue
      const target = resolve(dirname(file), specifier)
      const fault = test
        ? doorFault(root, file, target)
        : (rankFault(root, layer, file, target) ?? doorFault(root, file, target))
      if (fault) faults.push(`${at}: ${fault}`)
      if (!test) edges.push(target)
    }
    if (!test) graph.set(file, edges)
  }
  for (const cycle of cyclesIn(graph)) faults.push(`cycle: ${cycle.map(f => relative(repository, f)).join(' → ')}`)
  return faults
}

function folderOf(root: string, file: string): string {
  return relative(root, file).split('/')[0] ?? ''
}

function rankFault(root: string, layer: Layers, from: string, to: string): string | undefined {
  const [source, target] = [folderOf(root, from), folderOf(root, to)]
  if (target === '..') return `leaves the package: ${to}`
  if (source === target) return undefined
  const rank = (folder: string): number => layer.ranks.findIndex(names => names.includes(folder))
  if (rank(source) < 0) return `folder ${source} has no rank in scripts/check/layering.ts`
  if (rank(target) < 0) return `folder ${target} has no rank in scripts/check/layering.ts`
  if (rank(target) >= rank(source)) return `${source} imports ${target}, which is not below it`
  return undefined
}

/** A folder with an index.ts is entered by everybody outside through it, or through the door of a folder inside. */
function doorFault(root: string, from: string, to: string): string | undefined {
  const parts = relative(root, to).split('/')
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = join(root, ...parts.slice(0, depth))
    if (from.startsWith(`${folder}/`) || !existsSync(join(folder, 'index.ts'))) continue
    if (parts.at(-1) === 'index.ts') return undefined
    return `enters ${relative(root, folder)} by ${parts.slice(depth).join('/')}, not by its index.ts`
  }
  return undefined
}

function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const state = new Map<string, 'open' | 'done'>()
  const path: string[] = []
  const cycles: string[][] = []
  const visit = (file: string): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file])
      return
    }
    state.set(file, 'open')
    path.push(file)
    for (const next of graph.get(file) ?? []) visit(next)
    path.pop()
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file)
  return cycles
}
