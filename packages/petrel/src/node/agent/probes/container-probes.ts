/**
 * The probes of one run of a container: startup first, then liveness and readiness in their periods, with thresholds
 * (pkg/kubelet/prober/worker.go). A container that was adopted after a restart of the agent keeps the answers it had.
 */
import type { Container, Probe } from '@petrel/machinery/api/core-v1'
import type { Clock, Rng, Timer } from '../../../base/index.ts'
import type { ProbeRunner } from './run-probe.ts'

export type ProbeKind = 'Startup' | 'Liveness' | 'Readiness'

export interface ContainerProbesOptions {
  readonly container: Container
  readonly containerId: string
  /** When the container began, ms: delays count from there. */
  readonly startedAt: number
  readonly podIP: string
  readonly clock: Clock
  readonly rng: Rng
  readonly run: ProbeRunner
  /** Answers of before, for a container that was adopted. */
  readonly known?: { readonly started: boolean; readonly ready: boolean }
  /** An answer changed. */
  changed(): void
  /** A threshold was reached: the container is to be ended. */
  unhealthy(kind: 'Startup' | 'Liveness', output: string): void
  /** Each failed attempt. */
  failed(kind: ProbeKind, output: string): void
}

export class ContainerProbes {
  readonly #options: ContainerProbesOptions
  readonly #timers = new Set<Timer>()
  #started: boolean
  #ready: boolean
  #closed = false

  constructor(options: ContainerProbesOptions) {
    this.#options = options
    const { startupProbe, readinessProbe, livenessProbe } = options.container
    this.#started = !startupProbe || (options.known?.started ?? false)
    this.#ready = !readinessProbe || (options.known?.ready ?? false)
    if (startupProbe && !this.#started) this.#loop('Startup', startupProbe)
    if (livenessProbe) this.#loop('Liveness', livenessProbe)
    if (readinessProbe) this.#loop('Readiness', readinessProbe)
  }

  get started(): boolean {
    return this.#started
  }

  get ready(): boolean {
    return this.#ready
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  #loop(kind: ProbeKind, probe: Probe): void {
    const { clock, rng, startedAt } = this.#options
    const periodMs = (probe.periodSeconds ?? 10) * 1000
    const due = startedAt + (probe.initialDelaySeconds ?? 0) * 1000
    const tally = { last: undefined as boolean | undefined, inRow: 0 }
    // Adopted containers are spread over the period, so that a restart does not probe all at once.
    const spread = this.#options.known ? rng.next() * periodMs : 0
    const attempt = async (): Promise<void> => {
      if (this.#closed) return
      // Liveness and readiness wait until the container has started.
      if (kind === 'Startup' || this.#started) await this.#attempt(kind, probe, tally)
      if (this.#closed || (kind === 'Startup' && this.#started)) return
      this.#after(periodMs, attempt)
    }
    this.#after(Math.max(0, due - clock.now()) + spread, attempt)
  }

  async #attempt(kind: ProbeKind, probe: Probe, tally: { last: boolean | undefined; inRow: number }): Promise<void> {
    const { run, container, containerId, podIP } = this.#options
    const { success, output } = await run(probe, { container, containerId, podIP })
    if (this.#closed) return
    if (!success) this.#options.failed(kind, output)
    tally.inRow = tally.last === success ? tally.inRow + 1 : 1
    tally.last = success
    if (tally.inRow < (success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3))) return
    this.#conclude(kind, success, output)
  }

  #conclude(kind: ProbeKind, success: boolean, output: string): void {
    const before = `${this.#started}${this.#ready}`
    if (kind === 'Readiness') this.#ready = success
    if (kind === 'Startup' && success) this.#started = true
    if (kind !== 'Readiness' && !success) {
      this.close()
      this.#options.unhealthy(kind, output)
      return
    }
    if (before !== `${this.#started}${this.#ready}`) this.#options.changed()
  }

  #after(delayMs: number, act: () => Promise<void>): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer)
      void act()
    })
    this.#timers.add(timer)
  }
}
