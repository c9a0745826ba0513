/**
 * Pods that wait for a node, in upstream's three parts: active (highest priority first, then first come), in backoff
 * (1 s doubling to 10 s per failed attempt), and unschedulable (until the cluster changes, or five minutes).
 * Invariant: a pod is in one part at most, as its newest version.
 */
import type { Pod } from '@petrel/machinery/api/core-v1'
import type { Clock, Timer } from '../base/index.ts'
import { factsOf, type PodFacts } from './pod-facts.ts'

const initialBackoffMs = 1_000
const maxBackoffMs = 10_000
/** Backoffs end together, once a second: of those that end the highest priority is placed first. */
const flushMs = 1_000
const maxUnschedulableMs = 5 * 60_000

interface Waiting {
  facts: PodFacts
  /** Order of first arrival: later attempts do not lose their place. */
  readonly arrival: number
  attempts: number
  /** When its backoff ends; 0 before the first failure. */
  readyAt: number
  part: 'active' | 'backoff' | 'unschedulable'
  timer: Timer | undefined
}

export class SchedulingQueue {
  readonly #clock: Clock
  readonly #wake: () => void
  readonly #waiting = new Map<string, Waiting>()
  readonly #active: Waiting[] = []
  #arrivals = 0
  /** Counts changes of the cluster: a pod whose attempt a change overtook is tried again, not put aside. */
  #changes = 0

  /** `wake` is called whenever a pod becomes active. */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
  }

  get size(): number {
    return this.#waiting.size
  }

  get changes(): number {
    return this.#changes
  }

  /** Takes a new pod, or a new version of one that waits. A version that may fit now is tried at once. */
  put(pod: Pod): void {
    const facts = factsOf(pod)
    const known = this.#waiting.get(facts.uid)
    if (known) {
      known.facts = facts
      return
    }
    const waiting: Waiting = {
      facts,
      arrival: this.#arrivals++,
      attempts: 0,
      readyAt: 0,
      part: 'active',
      timer: undefined,
    }
    this.#waiting.set(facts.uid, waiting)
    this.#activate(waiting)
  }

  /** The pod's own requirements changed: it is tried again after its backoff. */
  retry(pod: Pod): void {
    this.put(pod)
    const waiting = this.#waiting.get(factsOf(pod).uid)
    if (waiting?.part === 'unschedulable') this.#backOff(waiting)
  }

  remove(uid: string): void {
    const waiting = this.#waiting.get(uid)
    if (!waiting) return
    waiting.timer?.cancel()
    this.#waiting.delete(uid)
  }

  /** The next pod to place; it leaves the queue until `failed` brings it back. */
  take(): { readonly facts: PodFacts; readonly failed: (seen: number | undefined) => void } | undefined {
    for (;;) {
      const waiting = popFirst(this.#active)
      if (!waiting) return undefined
      // Removed, or put back after it was taken by way of another part.
      if (this.#waiting.get(waiting.facts.uid) !== waiting || waiting.part !== 'active') continue
      this.#waiting.delete(waiting.facts.uid)
      return { facts: waiting.facts, failed: seen => this.#failed(waiting, seen) }
    }
  }

  /** Something changed that may make room: pods put aside are tried again once their backoff is over. */
  clusterChanged(): void {
    this.#changes++
    for (const waiting of this.#waiting.values()) if (waiting.part === 'unschedulable') this.#backOff(waiting)
  }

  close(): void {
    for (const { timer } of this.#waiting.values()) timer?.cancel()
    this.#waiting.clear()
    this.#active.length = 0
  }

  /** `seen` is the value of `changes` when the attempt began; undefined when no change of the cluster is to be awaited. */
  #failed(waiting: Waiting, seen: number | undefined): void {
    const uid = waiting.facts.uid
    if (this.#waiting.has(uid)) return
    waiting.attempts++
    const backoffMs = Math.min(maxBackoffMs, initialBackoffMs * 2 ** (waiting.attempts - 1))
    waiting.readyAt = Math.ceil((this.#clock.now() + backoffMs) / flushMs) * flushMs
    this.#waiting.set(uid, waiting)
    if (seen !== this.#changes) {
      this.#backOff(waiting)
      return
    }
    waiting.part = 'unschedulable'
    waiting.timer = this.#clock.after(maxUnschedulableMs, () => this.#activate(waiting))
  }

  #backOff(waiting: Waiting): void {
    waiting.timer?.cancel()
    const left = waiting.readyAt - this.#clock.now()
    if (left <= 0) {
      this.#activate(waiting)
      return
    }
    waiting.part = 'backoff'
    waiting.timer = this.#clock.after(left, () => this.#flush())
  }

  #flush(): void {
    const now = this.#clock.now()
    for (const waiting of this.#waiting.values()) {
      if (waiting.part === 'backoff' && waiting.readyAt <= now) this.#activate(waiting)
    }
  }

  #activate(waiting: Waiting): void {
    waiting.timer?.cancel()
    waiting.timer = undefined
    waiting.part = 'active'
    push(this.#active, waiting)
    this.#wake()
  }
}

function before(a: Waiting, b: Waiting): boolean {
  return a.facts.priority !== b.facts.priority ? a.facts.priority > b.facts.priority : a.arrival < b.arrival
}

/** A binary heap in an array: the first by `before` is at 0. */
function push(heap: Waiting[], item: Waiting): void {
  let i = heap.push(item) - 1
  while (i > 0) {
    const parent = (i - 1) >> 1
    if (!before(item, heap[parent]!)) break
    heap[i] = heap[parent]!
    i = parent
  }
  heap[i] = item
}

function popFirst(heap: Waiting[]): Waiting | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (!last || heap.length === 0) return first
  let i = 0
  for (;;) {
    let child = 2 * i + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, last)) break
    heap[i] = heap[child]!
    i = child
  }
  heap[i] = last
  return first
}
