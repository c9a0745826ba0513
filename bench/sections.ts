/** The parts of a run. Each starts its server anew over an empty folder, so that none inherits another's heap or data. */
import { makeNodes } from './hand-made-nodes.ts'
import { creates, type Figure, fanOut, getsAndPatches, idle, list } from './measures.ts'
import { podStart, scheduling } from './pods.ts'
import type { Running, StartOptions, Target } from './target.ts'

export interface Sizes {
  readonly starts: number
  readonly idleSeconds: number
  /** Creates with 1 client; 16 and 64 clients make four times as many. */
  readonly creates: number
  readonly requests: number
  readonly listed: number
  /** Events times watchers. */
  readonly deliveries: number
  readonly watchers: readonly number[]
  readonly nodes: number
  readonly pods: number
  readonly podStarts: number
}

export const fullSizes: Sizes = {
  starts: 3,
  idleSeconds: 20,
  creates: 2000,
  requests: 8000,
  listed: 5000,
  deliveries: 200_000,
  watchers: [100, 1000],
  nodes: 200,
  pods: 2000,
  podStarts: 10,
}

export const quickSizes: Sizes = {
  ...fullSizes,
  starts: 3,
  idleSeconds: 10,
  creates: 500,
  requests: 2000,
  deliveries: 50_000,
  podStarts: 3,
}

export interface Section {
  readonly name: string
  readonly only?: 'petrel'
  measure(target: Target, sizes: Sizes): Promise<Figure[]>
}

export const sections: readonly Section[] = [
  { name: 'ready', measure: ready },
  {
    name: 'idle',
    measure: (target, sizes) => during(target, { loops: true }, server => idle(server, sizes.idleSeconds)),
  },
  {
    name: 'create',
    measure: (target, { creates: total }) =>
      during(target, {}, async server => [
        ...(await creates(server, 1, total)),
        ...(await creates(server, 16, total * 4)),
        ...(await creates(server, 64, total * 4)),
      ]),
  },
  {
    name: 'get-patch',
    measure: (target, { requests }) =>
      during(target, {}, server => getsAndPatches(server, 16, Math.min(1000, requests), requests)),
  },
  { name: 'list', measure: (target, { listed }) => during(target, {}, server => list(server, listed)) },
  {
    name: 'watch',
    measure: (target, { watchers, deliveries }) =>
      during(target, {}, async server => {
        const figures: Figure[] = []
        for (const count of watchers) figures.push(...(await fanOut(server, count, Math.ceil(deliveries / count))))
        return figures
      }),
  },
  { name: 'schedule', measure: schedule },
  {
    name: 'pod-start',
    only: 'petrel',
    measure: (target, { podStarts }) => during(target, { runtime: true }, server => podStart(server, podStarts)),
  },
]

async function during(
  target: Target,
  options: StartOptions,
  act: (server: Running) => Promise<Figure[]>,
): Promise<Figure[]> {
  const server = await target.start(options)
  try {
    return await act(server)
  } finally {
    await server.stop()
  }
}

/** The first start makes certificates and, for Petrel, its cache of compiled code: what is measured comes after it. */
async function ready(target: Target, { starts }: Sizes): Promise<Figure[]> {
  const times: number[] = []
  for (let i = 0; i <= starts; i++) {
    const server = await target.start()
    if (i > 0) times.push(server.readyMs)
    await server.stop()
  }
  times.sort((a, b) => a - b)
  return [{ name: 'start to /readyz', unit: 'ms', value: times[Math.floor(times.length / 2)]!, better: 'lower' }]
}

async function schedule(target: Target, { nodes, pods }: Sizes): Promise<Figure[]> {
  return during(target, { loops: true, nodes }, async server => {
    const made = target.name === 'petrel' ? undefined : await makeNodes(server, nodes)
    try {
      return await scheduling(server, nodes, pods)
    } finally {
      await made?.stop()
    }
  })
}
