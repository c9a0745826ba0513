/**
 * The node's signs of life (KEP-589): a Lease renewed every 10 s, which costs next to nothing, and the Node's status,
 * written when something changed and every five minutes. A node that is not there is registered.
 */
import type { Lease } from '@petrel/machinery/api/coordination-v1'
import type { Node } from '@petrel/machinery/api/core-v1'
import { leases, nodes } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { type Clock, type Logger, type Rng, sleep, toMicroTime } from '../../base/index.ts'
import type { Client } from '../../client/index.ts'
import { differs, type NodeDescription, type NodeHealth, newNode, nodeStatus, withOwnLabels } from './node-object.ts'

const leaseSeconds = 40
const renewMs = 10_000
const reportMs = 5 * 60_000

export interface HeartbeatOptions {
  readonly client: Client
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly description: NodeDescription
  health(): Promise<NodeHealth>
  /** The Node as the server has it. */
  seen(node: Node): void
}

export class Heartbeat {
  readonly #options: HeartbeatOptions
  #lease: Lease | undefined
  #node: Node | undefined
  #reportedAt = 0

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  /** Registers the node; resolves when the server knows it. */
  async register(): Promise<void> {
    const { client, clock, description, health } = this.#options
    const fresh = newNode(description, await health(), clock.now())
    try {
      this.#see(await client.create(nodes, fresh))
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error
      this.#see(await client.get(nodes, { name: description.name }))
      const labelled = withOwnLabels(this.#node!, description)
      const changed = JSON.stringify(labelled.metadata?.labels) !== JSON.stringify(this.#node!.metadata?.labels)
      if (changed) this.#see(await client.update(nodes, labelled))
    }
    this.#reportedAt = 0
    await this.report()
    await this.renew()
  }

  /** Beats until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, rng, log } = this.#options
    while (!signal.aborted) {
      await sleep(clock, renewMs * (1 + 0.04 * rng.next()), signal)
      try {
        await this.renew()
        await this.report()
      } catch (error) {
        if (signal.aborted) return
        if (isStatus(error, 'NotFound'))
          await this.register().catch(err => log.warn('Node could not be registered', { err }))
        else if (!isStatus(error, 'Conflict')) log.warn('Heartbeat failed', { err: error })
      }
    }
  }

  async renew(): Promise<void> {
    const { client, clock, description } = this.#options
    const renewTime = toMicroTime(clock.now())
    const key = { namespace: 'kube-node-lease', name: description.name }
    this.#lease ??= await client.get(leases, key).catch((error: unknown) => {
      if (isStatus(error, 'NotFound')) return undefined
      throw error
    })
    if (this.#lease) {
      const lease = this.#lease
      // Read again, or made anew, should this fail: somebody else may have changed or deleted it.
      this.#lease = undefined
      this.#lease = await client.update(leases, { ...lease, spec: { ...lease.spec, renewTime } })
      return
    }
    const { name = '', uid = '' } = this.#node?.metadata ?? {}
    this.#lease = await client.create(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...key, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
      spec: { holderIdentity: description.name, leaseDurationSeconds: leaseSeconds, renewTime },
    })
  }

  /** Writes the status if it is not what the server has, which others change too, or if it was long ago. */
  async report(): Promise<void> {
    const { client, clock, description, health } = this.#options
    const now = clock.now()
    this.#see(await client.get(nodes, { name: description.name }))
    const status = nodeStatus(description, await health(), this.#node, now)
    if (now - this.#reportedAt < reportMs && !differs(status, this.#node?.status)) return
    const key = { name: description.name }
    this.#see(await client.patch(nodes, key, 'strategic', { status }, { subresource: 'status' }))
    this.#reportedAt = now
  }

  #see(node: Node): void {
    this.#node = node
    this.#options.seen(node)
  }
}
