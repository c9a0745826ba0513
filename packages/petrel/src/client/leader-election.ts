/**
 * One of several servers leads: whoever holds a Lease (client-go/tools/leaderelection). A holder who cannot renew in
 * time stops before another may begin; times are measured on the own clock from when a record was seen to change,
 * since clocks differ between machines.
 */
import type { Lease } from '@petrel/machinery/api/coordination-v1'
import { leases } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { type Clock, type Logger, type Rng, sleep, toMicroTime } from '../base/index.ts'
import type { Client } from './contract.ts'

export interface LeaderElectionOptions {
  readonly client: Client
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly namespace: string
  readonly name: string
  /** Who we are; unique among the candidates. */
  readonly identity: string
  /** How long a Lease holds without renewal. */
  readonly leaseMs?: number
  /** After so long without a renewal that succeeded the leader stops. Below leaseMs. */
  readonly renewDeadlineMs?: number
  readonly retryMs?: number
  readonly signal: AbortSignal
}

/**
 * Waits to become leader, runs `work` with a signal that is aborted when the lead is lost, and begins anew. Returns when
 * `options.signal` is aborted, after `work` has ended and the Lease was given back.
 */
export async function lead(
  options: LeaderElectionOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, log, name, identity } = options
  const elector = new Elector(options)
  while (!signal.aborted) {
    if (!(await elector.acquire())) return
    log.info('Became leader', { lease: name, identity })
    const term = new AbortController()
    const working = work(term.signal)
    const failed = working.then(
      () => undefined,
      (error: unknown) => {
        if (!term.signal.aborted) log.error('The work of the leader failed', { lease: name, err: error })
      },
    )
    await Promise.race([elector.renewUntilLost(), failed])
    term.abort(new DOMException('no longer the leader', 'AbortError'))
    await failed
    await elector.release()
    if (!signal.aborted) log.warn('Stopped leading', { lease: name, identity })
  }
}

class Elector {
  readonly #options: Required<LeaderElectionOptions>
  #observed: Lease | undefined
  #observedAt = 0

  constructor(options: LeaderElectionOptions) {
    this.#options = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000, ...options }
  }

  /** True once the Lease is ours; false when the signal was aborted first. */
  async acquire(): Promise<boolean> {
    const { signal, retryMs, rng } = this.#options
    while (!signal.aborted) {
      if (await this.#try()) return true
      await this.#pause(retryMs * (1 + 1.2 * rng.next()))
    }
    return false
  }

  /** Renews, and resolves when that has not worked for too long, when another holds the Lease, or on the signal. */
  async renewUntilLost(): Promise<void> {
    const { signal, retryMs, renewDeadlineMs, clock } = this.#options
    let renewedAt = clock.monotonic()
    while (!signal.aborted) {
      await this.#pause(retryMs)
      if (signal.aborted) return
      // A server that does not answer must not let the deadline pass unnoticed.
      const leftMs = renewDeadlineMs - (clock.monotonic() - renewedAt)
      if (await Promise.race([this.#try(), this.#pause(leftMs).then(() => false)])) renewedAt = clock.monotonic()
      else if (this.#observed?.spec?.holderIdentity !== this.#options.identity) return
      if (clock.monotonic() - renewedAt >= renewDeadlineMs) return
    }
  }

  /** Gives the Lease back, so that another need not wait for its end. */
  async release(): Promise<void> {
    const { client, identity, clock, log } = this.#options
    const lease = this.#observed
    if (lease?.spec?.holderIdentity !== identity) return
    const now = toMicroTime(clock.now())
    try {
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now }
      this.#observe(await client.update(leases, { ...lease, spec }))
    } catch (error) {
      log.debug('The lease was not given back; it runs out', { err: error })
    }
  }

  /** One try to take or renew the Lease. */
  async #try(): Promise<boolean> {
    const { client, log, namespace, name, identity, leaseMs, clock } = this.#options
    try {
      const current = await this.#read()
      const now = toMicroTime(clock.now())
      const mine = current?.spec?.holderIdentity === identity
      const seconds = Math.ceil(leaseMs / 1000)
      if (!current) {
        const spec = {
          holderIdentity: identity,
          leaseDurationSeconds: seconds,
          acquireTime: now,
          renewTime: now,
          leaseTransitions: 0,
        }
        this.#observe(await client.create(leases, { metadata: { namespace, name }, spec }))
        return true
      }
      const heldMs = (current.spec?.leaseDurationSeconds ?? 0) * 1000
      if (!mine && current.spec?.holderIdentity && clock.monotonic() - this.#observedAt < heldMs) return false
      const spec = {
        ...current.spec,
        holderIdentity: identity,
        leaseDurationSeconds: seconds,
        renewTime: now,
        ...(!mine && { acquireTime: now, leaseTransitions: (current.spec?.leaseTransitions ?? 0) + 1 }),
      }
      this.#observe(await client.update(leases, { ...current, spec }))
      return true
    } catch (error) {
      // Somebody else was faster, or the server is away: in both cases the next try tells.
      log.debug('The lease was not taken', { lease: name, err: error })
      return false
    }
  }

  async #read(): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options
    try {
      const lease = await client.get(leases, { namespace, name })
      this.#observe(lease)
      return lease
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined
      throw error
    }
  }

  #observe(lease: Lease): void {
    if (this.#observed?.metadata?.resourceVersion !== lease.metadata?.resourceVersion)
      this.#observedAt = this.#options.clock.monotonic()
    this.#observed = lease
  }

  #pause(ms: number): Promise<void> {
    const { clock, signal } = this.#options
    return sleep(clock, ms, signal).catch(() => undefined)
  }
}
