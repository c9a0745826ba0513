/** `petrel up` and `petrel server`: runs until it is told to stop, and says on standard output what came up and when. */
import { createLogger, type Level, systemClock, systemRng } from '../../base/index.ts'
import type { Manifest } from '../apply/index.ts'
import { controlSocket } from '../control-socket.ts'
import { dataFolder } from '../data-folder.ts'
import { parseListenAddress } from '../listen-address.ts'
import { type Petrel, startPetrel } from '../parts/petrel.ts'
import { describePetrel } from '../status-report.ts'
import { untilToldToStop } from '../until-told-to-stop.ts'
import { kubernetesVersion, petrelVersion } from '../version.ts'

export interface UpOptions {
  readonly dataDir?: string
  readonly listen: string
  readonly logFormat: 'text' | 'json'
  readonly logLevel: Level
  readonly salvage?: boolean
  readonly podCidr?: string
  readonly serviceCidr?: string
  readonly filename: readonly string[]
  readonly runtime: 'process' | 'none'
  readonly simulateNodes: number
  /** Seconds. */
  readonly wait: number
  readonly exit?: boolean
}

export async function up(options: UpOptions): Promise<void> {
  const data = dataFolder(options.dataDir)
  // Before anything is started: a path that is wrong should not cost a start.
  const manifests = await readAll(options.filename)
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  const log = createLogger({
    format: options.logFormat,
    level: options.logLevel,
    write: line => void process.stderr.write(`${line}\n`),
    now: Date.now,
  })
  // Counted from the start of the process: loading the program is part of what people wait for.
  const elapsed = (): string => `${Math.round(performance.now())} ms`
  say(`petrel ${petrelVersion}, Kubernetes ${kubernetesVersion}`)
  const petrel = await startPetrel({
    data,
    listen: parseListenAddress(options.listen),
    ranges: {
      ...(options.podCidr !== undefined && { pods: options.podCidr }),
      ...(options.serviceCidr !== undefined && { services: options.serviceCidr }),
    },
    clock: systemClock,
    rng: systemRng,
    log,
    runtime: options.runtime,
    simulatedNodes: options.simulateNodes,
    salvage: options.salvage ?? false,
    onStarted: (part, words) => say(`  ${part.padEnd(6)} ${words}  (${elapsed()})`),
  })
  const control = await controlSocket(data, { status: () => describePetrel(petrel), images: petrel.node?.images })
  say(`  ready after ${elapsed()}`)
  say(`  export KUBECONFIG=${data.kubeconfig}`)
  const stopping = untilToldToStop()
  try {
    if (manifests.length > 0) await applyAll(petrel, manifests, options, stopping.signal, say)
    if (!options.exit) await stopping.told
  } finally {
    stopping.forget()
    await control.close()
    await petrel.close()
  }
  if (petrel.node) say('stopped; containers run on (petrel down ends them)')
}

async function readAll(paths: readonly string[]): Promise<readonly Manifest[]> {
  if (paths.length === 0) return []
  const { readManifests } = await import('../apply/index.ts')
  return readManifests(paths)
}

async function applyAll(
  petrel: Petrel,
  manifests: readonly Manifest[],
  options: UpOptions,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const { applyManifests, kindResolver, waitUntilReady, addressesOf } = await import('../apply/index.ts')
  const { createProgress } = await import('../progress.ts')
  const applied = await applyManifests(
    petrel.client,
    kindResolver(petrel.client),
    manifests,
    ({ resource, object, outcome }) => {
      const kind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`
      say(`${kind.toLowerCase()}/${object.metadata?.name} ${outcome}`)
    },
  )
  const progress = createProgress(process.stdout)
  const open = await waitUntilReady(petrel.client, applied, {
    clock: systemClock,
    timeoutMs: options.wait * 1000,
    signal,
    onProgress: all =>
      progress.show(
        all.map(({ kind, name, readiness }) => ({
          name: `${kind}/${name}`,
          words: readiness.words,
          done: readiness.state === 'ready',
        })),
      ),
  }).catch(error => {
    if (signal.aborted) return undefined
    throw error
  })
  progress.end()
  if (!open) return
  if (open.length > 0) {
    const what = open.map(({ kind, name, readiness }) => `${kind}/${name} (${readiness.words})`).join(', ')
    throw new Error(`Not ready within ${options.wait} s: ${what}`)
  }
  for (const line of await addressesOf(petrel.client, applied)) say(line)
  say(`everything is ready after ${Math.round(performance.now())} ms`)
}
