/** The loops that make a cluster of a server: every controller and the scheduler, on one shared cache. */
import type { Clock, Logger, Rng } from '../../base/index.ts'
import { type Client, createInformers, type Informers } from '../../client/index.ts'
import {
  type Controller,
  clusterRoleAggregationController,
  deploymentController,
  endpointSliceController,
  endpointsController,
  garbageCollector,
  jobController,
  jobOrphanPodController,
  namespaceController,
  nodeLifecycleController,
  podGarbageCollector,
  replicaSetController,
  replicationControllerController,
  rootCaPublisher,
  serviceAccountController,
  startControllers,
  taintEvictionController,
  ttlAfterFinishedController,
} from '../../control/index.ts'
import { startScheduler } from '../../scheduler/index.ts'

export interface LoopParts {
  readonly controllers: Client
  readonly scheduler: Client
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  /** PEM that pods are told to trust. */
  readonly rootCa: string
}

export interface RunningLoops {
  readonly informers: Informers
  /** For readyz: what waits for its caches. */
  readonly controllersProblem: string | undefined
  readonly schedulerProblem: string | undefined
  close(): Promise<void>
}

export function startLoops({
  controllers: client,
  scheduler: schedulerClient,
  clock,
  rng,
  log,
  rootCa,
}: LoopParts): RunningLoops {
  const informers = createInformers(client, { clock, log, rng })
  const running = startControllers(client, allControllers(rootCa), { clock, log, rng, informers })
  const scheduler = startScheduler(schedulerClient, { clock, rng, log, informers })
  informers.start()
  return {
    informers,
    get controllersProblem() {
      return running.problem
    },
    get schedulerProblem() {
      return scheduler.problem
    },
    async close() {
      await Promise.all([scheduler.close(), running.close()])
      await informers.close()
    },
  }
}

function allControllers(rootCa: string): Controller[] {
  return [
    namespaceController(),
    garbageCollector(),
    serviceAccountController(),
    rootCaPublisher(rootCa),
    replicaSetController(),
    replicationControllerController(),
    deploymentController(),
    jobController(),
    jobOrphanPodController(),
    endpointsController(),
    endpointSliceController(),
    nodeLifecycleController(),
    taintEvictionController(),
    podGarbageCollector(),
    ttlAfterFinishedController(),
    clusterRoleAggregationController(),
  ]
}
