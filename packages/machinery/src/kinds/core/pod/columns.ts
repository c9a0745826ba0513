/**
 * How `kubectl get pods` shows a pod: printPod of pkg/printers/internalversion. STATUS is the most telling reason that
 * can be found, in an order that people and scripts know: init containers first, then the last container that waits or
 * has ended.
 */
import type { ContainerStateTerminated, ContainerStatus, Pod } from '../../../api/core-v1.gen.ts'
import { ageColumn, type Column, nameColumn, timeSince } from '../../../table/index.ts'

/** What the cells of one pod are made of. */
export interface PodSummary {
  readonly ready: number
  readonly containers: number
  readonly status: string
  readonly restarts: number
  /** Of the last restart, if any. */
  readonly restartedAt: string | undefined
}

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    priority: 0,
    description: 'Containers that are ready, and all that there are.',
    cell: pod => {
      const { ready, containers } = summarizePod(pod)
      return `${ready}/${containers}`
    },
  },
  {
    name: 'Status',
    type: 'string',
    priority: 0,
    description: 'Phase of the pod, or the reason why it is not simply running.',
    cell: pod => summarizePod(pod).status,
  },
  {
    name: 'Restarts',
    type: 'string',
    priority: 0,
    description: 'How often containers were restarted, and when the last time was.',
    cell: (pod, now) => {
      const { restarts, restartedAt } = summarizePod(pod)
      return restarts > 0 && restartedAt ? `${restarts} (${timeSince(restartedAt, now)} ago)` : String(restarts)
    },
  },
  ageColumn,
  {
    name: 'IP',
    type: 'string',
    priority: 1,
    description: 'Primary address of the pod.',
    cell: pod => pod.status?.podIPs?.[0]?.ip || '<none>',
  },
  {
    name: 'Node',
    type: 'string',
    priority: 1,
    description: 'Node on which the pod runs.',
    cell: pod => pod.spec?.nodeName || '<none>',
  },
  {
    name: 'Nominated Node',
    type: 'string',
    priority: 1,
    description: 'Node on which room is being made for the pod.',
    cell: pod => pod.status?.nominatedNodeName || '<none>',
  },
  {
    name: 'Readiness Gates',
    type: 'string',
    priority: 1,
    description: 'Conditions that hold, of those that the pod waits for besides its containers.',
    cell: readinessGates,
  },
]

/** Every other cell needs it, row after row: the last answer is kept. */
let last: { pod: Pod; summary: PodSummary } | undefined

export function summarizePod(pod: Pod): PodSummary {
  if (last?.pod === pod) return last.summary
  const summary = summarize(pod)
  // Only what was read from the store is frozen; anything else may change under the same identity.
  if (Object.isFrozen(pod)) last = { pod, summary }
  return summary
}

interface Tally {
  restarts: number
  restartedAt: string | undefined
}

function summarize(pod: Pod): PodSummary {
  const { spec, status = {} } = pod
  const sidecars = new Set((spec?.initContainers ?? []).filter(c => c.restartPolicy === 'Always').map(c => c.name))
  const init = summarizeInit(pod, sidecars)
  let reason = init.reason ?? baseReason(pod)
  let ready = init.ready
  let tally: Tally = init.all
  if (init.reason === undefined || conditionHolds(pod, 'Initialized')) {
    tally = init.sidecars
    const main = summarizeMain(pod, reason, tally)
    reason = main.reason
    ready += main.ready
  }
  if (pod.metadata?.deletionTimestamp) {
    if (status.reason === 'NodeLost') reason = 'Unknown'
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') reason = 'Terminating'
  }
  return { ready, containers: (spec?.containers ?? []).length + sidecars.size, status: reason, ...tally }
}

function baseReason({ status = {} }: Pod): string {
  const gated = (status.conditions ?? []).some(c => c.type === 'PodScheduled' && c.reason === 'SchedulingGated')
  return gated ? 'SchedulingGated' : status.reason || (status.phase ?? '')
}

interface InitSummary {
  /** Undefined when initialization is over. */
  reason: string | undefined
  ready: number
  all: Tally
  sidecars: Tally
}

function summarizeInit(pod: Pod, sidecars: ReadonlySet<string>): InitSummary {
  const summary: InitSummary = {
    reason: undefined,
    ready: 0,
    all: { restarts: 0, restartedAt: undefined },
    sidecars: { restarts: 0, restartedAt: undefined },
  }
  for (const [i, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(container.name)
    count(summary.all, container)
    if (isSidecar) count(summary.sidecars, container)
    const { terminated, waiting } = container.state ?? {}
    if (terminated && (terminated.exitCode ?? 0) === 0) continue
    if (isSidecar && container.started) {
      if (container.ready) summary.ready++
      continue
    }
    if (terminated) summary.reason = `Init:${terminationReason(terminated)}`
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') summary.reason = `Init:${waiting.reason}`
    else summary.reason = `Init:${i}/${(pod.spec?.initContainers ?? []).length}`
    break
  }
  return summary
}

/** Containers from last to first, so that the first one's trouble wins. */
function summarizeMain(pod: Pod, before: string, tally: Tally): { reason: string; ready: number } {
  let reason = before
  let failure = ''
  let ready = 0
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    count(tally, container)
    const { waiting, terminated, running } = container.state ?? {}
    if (waiting?.reason) reason = waiting.reason
    else if (terminated) {
      reason = terminationReason(terminated)
      if ((terminated.exitCode ?? 0) !== 0) failure = reason
    } else if (container.ready && running) ready++
  }
  if (reason !== 'Completed') return { reason, ready }
  if (ready > 0 && conditionHolds(pod, 'Ready')) reason = 'Running'
  else if (failure !== '') reason = failure
  else if (ready > 0) reason = 'NotReady'
  return { reason, ready }
}

function terminationReason({ reason, signal, exitCode }: ContainerStateTerminated): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`)
}

function count(tally: Tally, container: ContainerStatus): void {
  tally.restarts += container.restartCount ?? 0
  const ended = container.lastState?.terminated?.finishedAt
  if (ended && (tally.restartedAt === undefined || Date.parse(tally.restartedAt) < Date.parse(ended))) {
    tally.restartedAt = ended
  }
}

function conditionHolds(pod: Pod, type: string): boolean {
  return (pod.status?.conditions ?? []).some(condition => condition.type === type && condition.status === 'True')
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  return `${gates.filter(gate => conditionHolds(pod, gate.conditionType)).length}/${gates.length}`
}
