/** What every worker of a node shares. */
import type { Service } from '@petrel/machinery/api/core-v1'
import type { Clock, Logger, Rng } from '../../base/index.ts'
import type { Client, EventRecorder } from '../../client/index.ts'
import type { Runtime } from '../runtime/index.ts'
import type { CrashBackoff } from './crash-backoff.ts'
import type { NodeFacts } from './downward.ts'
import type { ImagePuller } from './image-puller.ts'
import type { ProbeRunner } from './probes/index.ts'
import type { ObjectReads } from './referenced-objects.ts'
import type { DnsSettings } from './sandbox-config.ts'
import type { PodVolumes, ServiceAccountTokens } from './volumes/index.ts'

export interface NodeContext {
  readonly client: Client
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly events: EventRecorder
  readonly runtime: Runtime
  readonly images: ImagePuller
  readonly backoff: CrashBackoff
  readonly probe: ProbeRunner
  readonly objects: ObjectReads
  readonly tokens: ServiceAccountTokens
  /** Undefined where containers have no files (simulated): volumes are taken to be there. */
  readonly volumes: PodVolumes | undefined
  readonly logFolder: string
  /** The node as it stands now. */
  facts(): NodeFacts
  dns(): DnsSettings
  /** For the environment of containers. */
  services(namespace: string): readonly Service[]
}
