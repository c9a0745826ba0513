/** What the runtime asks of a network, so that the bridge, CNI or none at all can stand behind it. */
import type { PortMapping } from '../runtime/index.ts'

export interface AttachRequest {
  /** Id of the pod sandbox. */
  readonly id: string
  /** Path of the network namespace. */
  readonly netns: string
  readonly portMappings: readonly PortMapping[]
}

/** Gives network namespaces an address and a way out. */
export interface PodNetwork {
  /** For the runtime's one line. */
  readonly description: string
  /** Resolves with the addresses of the pod. */
  attach(request: AttachRequest): Promise<readonly string[]>
  /** Idempotent. */
  detach(id: string): Promise<void>
}
