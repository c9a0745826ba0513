/**
 * Deployments: a ReplicaSet for each pod template, brought from one to the next by rolling or recreating
 * (pkg/controller/deployment). A rollback is an update to an old template: its ReplicaSet is found and grows again.
 */
import type { Deployment, ReplicaSet } from '@petrel/machinery/api/apps-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { deployments, pods, replicaSets } from '@petrel/machinery/kinds'
import { type LabelSelector, selectorFromLabelSelector } from '@petrel/machinery/selectors'
import { isStatus } from '@petrel/machinery/status'
import { parseKey, sameJson } from '../../client/index.ts'
import { type Controller, type ControllerContext, controllerOf, defineController, watch } from '../define-controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { claimants, claimChildren, controllerReference, orphanIndex } from '../owned/index.ts'
import { isTerminal } from '../pod-state.ts'
import {
  annotationsFor,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  revisionAnnotation,
  revisionOf,
} from './annotations.ts'
import {
  bounds,
  nextSizeOfCurrent,
  type ReplicaSets,
  recreateSizes,
  replicasOf,
  rollingSizes,
  type Sizes,
  scaledSizes,
} from './sizes.ts'
import { isComplete, pauseVerdict, progressDeadlineMs, statusOf } from './status.ts'
import { sameTemplate, templateHash, templateHashLabel } from './template-hash.ts'

type Verdict = NonNullable<Parameters<typeof statusOf>[2]>

export function deploymentController(): Controller {
  return defineController({
    name: 'deployment',
    concurrency: 5,
    watches: [
      watch(deployments),
      watch(replicaSets, { keys: claimants(deployments, selectorOf), indexers: { orphan: orphanIndex } }),
      // Recreate waits for the last old pod to be gone.
      watch(pods, { keys: deploymentsOfPod, when: ({ type, object }) => type === 'delete' || isTerminal(object) }),
    ],
    async reconcile(key, context) {
      const deployment = context.informer(deployments).get(parseKey(key))
      if (!deployment) return undefined
      return new Sync(deployment, context).run()
    },
  })
}

function selectorOf({ spec }: Deployment): LabelSelector {
  return selectorFromLabelSelector(spec?.selector)
}

function deploymentsOfPod(pod: Pod, context: ControllerContext): string[] {
  const [owner] = controllerOf(replicaSets)(pod)
  const set = owner && context.informer(replicaSets).get(parseKey(owner))
  return set ? controllerOf(deployments)(set) : []
}

/** One pass over one Deployment. */
class Sync {
  #deployment: Deployment
  readonly #context: ControllerContext

  constructor(deployment: Deployment, context: ControllerContext) {
    this.#deployment = deployment
    this.#context = context
  }

  async run(): Promise<{ requeueAfterMs: number } | undefined> {
    const sets = await this.#findSets()
    if (this.#deployment.metadata?.deletionTimestamp) return this.#writeStatus(sets)
    const pause = pauseVerdict(this.#deployment)
    if (pause) return this.#writeStatus(sets, pause)
    if (this.#deployment.spec?.paused || this.#isScaling(sets)) return this.#scale(sets)
    return this.#deployment.spec?.strategy?.type === 'Recreate' ? this.#recreate(sets) : this.#roll(sets)
  }

  async #findSets(): Promise<ReplicaSets> {
    const owner = { resource: deployments, object: this.#deployment, selector: selectorOf(this.#deployment) }
    const all = (await claimChildren(owner, replicaSets, this.#context)).sort(byAge)
    const current = all.find(set => sameTemplate(set.spec?.template, this.#deployment.spec?.template))
    return { current, old: all.filter(set => set !== current) }
  }

  /** spec.replicas differs from what an active ReplicaSet was last sized for. */
  #isScaling({ current, old }: ReplicaSets): boolean {
    const wanted = replicasOf(this.#deployment)
    return [...old, ...(current ? [current] : [])].some(set => {
      const annotated = set.metadata?.annotations?.[desiredReplicasAnnotation]
      return replicasOf(set) > 0 && annotated !== undefined && Number(annotated) !== wanted
    })
  }

  async #scale(sets: ReplicaSets): Promise<{ requeueAfterMs: number } | undefined> {
    const annotated = sets.current && { ...sets, current: await this.#annotate(sets.current, sets.old) }
    const scaled = await this.#resize(annotated ?? sets, scaledSizes(this.#deployment, annotated ?? sets), true)
    if (this.#deployment.spec?.paused) await this.#cleanUp(scaled)
    return this.#writeStatus(scaled)
  }

  async #roll(sets: ReplicaSets): Promise<{ requeueAfterMs: number } | undefined> {
    const made = await this.#ensureCurrent(sets)
    if (made.step) return this.#writeStatus(made.sets, made.step)
    const rolled = await this.#resize(made.sets, rollingSizes(this.#deployment, made.sets))
    return this.#finish(rolled)
  }

  async #recreate(sets: ReplicaSets): Promise<{ requeueAfterMs: number } | undefined> {
    const shrink = recreateSizes(sets.old)
    if (shrink.size > 0) return this.#writeStatus(await this.#resize(sets, shrink))
    if (this.#oldPodsRun(sets)) return this.#writeStatus(sets)
    const made = await this.#ensureCurrent(sets)
    if (made.step) return this.#writeStatus(made.sets, made.step)
    const { current } = made.sets
    const wanted = replicasOf(this.#deployment)
    const grown = await this.#resize(made.sets, new Map(replicasOf(current) === wanted ? [] : [[current, wanted]]))
    return this.#finish(grown)
  }

  async #finish(sets: ReplicaSets): Promise<{ requeueAfterMs: number } | undefined> {
    if (isComplete(this.#deployment, this.#deployment.status ?? {})) await this.#cleanUp(sets)
    return this.#writeStatus(sets)
  }

  #oldPodsRun({ old }: ReplicaSets): boolean {
    const podCache = this.#context.informer(pods)
    return old.some(
      set =>
        (set.status?.replicas ?? 0) > 0 ||
        podCache.byIndex('owner', set.metadata?.uid ?? '').some(pod => !isTerminal(pod)),
    )
  }

  /** The ReplicaSet of the current template, made if it is missing; `step` says so. */
  async #ensureCurrent(sets: ReplicaSets): Promise<{ sets: ReplicaSets & { current: ReplicaSet }; step?: Verdict }> {
    const { old } = sets
    if (sets.current) {
      const current = await this.#annotate(sets.current, old)
      const known = this.#deployment.status?.conditions?.some(({ type }) => type === 'Progressing')
      const step: Verdict = {
        type: 'Progressing',
        status: 'True',
        reason: 'FoundNewReplicaSet',
        message: `Found new replica set "${current.metadata?.name}"`,
      }
      return { sets: { current, old }, ...(!known && { step }) }
    }
    const current = await this.#createCurrent(old)
    await this.#noteRevision(current)
    const message = `Created new replica set "${current.metadata?.name}"`
    return {
      sets: { current, old },
      step: { type: 'Progressing', status: 'True', reason: 'NewReplicaSetCreated', message },
    }
  }

  async #createCurrent(old: readonly ReplicaSet[]): Promise<ReplicaSet> {
    const { client, events } = this.#context
    const set = this.#newReplicaSet(old)
    const name = set.metadata?.name ?? ''
    try {
      const created = await client.create(replicaSets, set)
      const size = replicasOf(set)
      if (size > 0) {
        events.event(this.#deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${size}`)
      }
      return created
    } catch (error) {
      if (isStatus(error, 'AlreadyExists')) return this.#resolveCollision(name)
      if (!isNamespaceTerminating(error)) await this.#reportFailure(name, old, error)
      throw error
    }
  }

  #newReplicaSet(old: readonly ReplicaSet[]): ReplicaSet {
    const deployment = this.#deployment
    const { name = '', namespace = '' } = deployment.metadata ?? {}
    const { template, selector, minReadySeconds } = deployment.spec ?? {}
    const hash = templateHash(template, deployment.status?.collisionCount)
    const labels = { ...template?.metadata?.labels, [templateHashLabel]: hash }
    const size = nextSizeOfCurrent(deployment, { current: undefined, old })
    return {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: { ...annotationsFor(deployment, undefined, old), ...this.#sizeAnnotations() },
        ownerReferences: [controllerReference({ resource: deployments, object: deployment })],
      },
      spec: {
        replicas: size,
        ...(minReadySeconds !== undefined && { minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector?.matchLabels, [templateHashLabel]: hash } },
        template: { ...template, metadata: { ...template?.metadata, labels } },
      },
    }
  }

  /** The name is taken: by our own set that the cache has not shown yet, or by another template with the same hash. */
  async #resolveCollision(name: string): Promise<ReplicaSet> {
    const { client } = this.#context
    const { namespace, uid } = this.#deployment.metadata ?? {}
    const existing = await client.get(replicaSets, { namespace, name })
    const owned = existing.metadata?.ownerReferences?.some(reference => reference.controller && reference.uid === uid)
    if (owned && sameTemplate(existing.spec?.template, this.#deployment.spec?.template)) return existing
    const collisionCount = (this.#deployment.status?.collisionCount ?? 0) + 1
    const status = { ...this.#deployment.status, collisionCount }
    await client.update(deployments, { ...this.#deployment, status }, { subresource: 'status' })
    throw new Error(
      `Cannot create ReplicaSet "${name}": another one has that name; trying collision count ${collisionCount}`,
    )
  }

  async #reportFailure(name: string, old: readonly ReplicaSet[], error: unknown): Promise<void> {
    const why = error instanceof Error ? error.message : String(error)
    const message = `Failed to create new replica set "${name}": ${why}`
    this.#context.events.event(this.#deployment, 'Warning', 'ReplicaSetCreateError', message)
    const step: Verdict = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message }
    await this.#writeStatus({ current: undefined, old }, step)
  }

  #sizeAnnotations(): Record<string, string> {
    const wanted = replicasOf(this.#deployment)
    return {
      [desiredReplicasAnnotation]: String(wanted),
      [maxReplicasAnnotation]: String(wanted + bounds(this.#deployment).maxSurge),
    }
  }

  /** Keeps annotations and minReadySeconds of the current set in step, and the Deployment's revision with it. */
  async #annotate(current: ReplicaSet, old: readonly ReplicaSet[]): Promise<ReplicaSet> {
    const annotations = annotationsFor(this.#deployment, current, old)
    const minReadySeconds = this.#deployment.spec?.minReadySeconds ?? 0
    let set = current
    if (
      !sameJson(annotations, current.metadata?.annotations ?? {}) ||
      (current.spec?.minReadySeconds ?? 0) !== minReadySeconds
    ) {
      set = await this.#context.client.update(replicaSets, {
        ...current,
        metadata: { ...current.metadata, annotations },
        spec: { ...current.spec!, minReadySeconds },
      })
    }
    await this.#noteRevision(set)
    return set
  }

  /** By way of the status, as upstream: it is no change of the deployment's generation. */
  async #noteRevision(set: ReplicaSet): Promise<void> {
    const revision = set.metadata?.annotations?.[revisionAnnotation]
    const { namespace, name = '', annotations } = this.#deployment.metadata ?? {}
    if (revision === undefined || annotations?.[revisionAnnotation] === revision) return
    const patch = { metadata: { annotations: { [revisionAnnotation]: revision } } }
    const { client } = this.#context
    this.#deployment = await client.patch(deployments, { namespace, name }, 'merge', patch, { subresource: 'status' })
  }

  /** Writes the new sizes; `always` renews the size annotations of sets whose size stays. */
  async #resize<S extends ReplicaSets>(sets: S, sizes: Sizes, always = false): Promise<S> {
    const written = new Map<ReplicaSet, ReplicaSet>()
    for (const set of [...sets.old, ...(sets.current ? [sets.current] : [])]) {
      const size = sizes.get(set) ?? replicasOf(set)
      const annotations = { ...set.metadata?.annotations, ...this.#sizeAnnotations() }
      const changed = size !== replicasOf(set)
      const stale =
        replicasOf(set) > 0 && (always || set === sets.current) && !sameJson(annotations, set.metadata?.annotations)
      if (!changed && !stale) continue
      const updated = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec!, replicas: size } }
      written.set(set, await this.#context.client.update(replicaSets, updated))
      if (changed) this.#reportResize(set, size)
    }
    const newest = (set: ReplicaSet): ReplicaSet => written.get(set) ?? set
    return { ...sets, ...(sets.current && { current: newest(sets.current) }), old: sets.old.map(newest) }
  }

  #reportResize(set: ReplicaSet, size: number): void {
    const direction = size > replicasOf(set) ? 'up' : 'down'
    const words = `Scaled ${direction} replica set ${set.metadata?.name} from ${replicasOf(set)} to ${size}`
    this.#context.events.event(this.#deployment, 'Normal', 'ScalingReplicaSet', words)
  }

  /** Deletes the oldest empty ReplicaSets beyond revisionHistoryLimit. */
  async #cleanUp({ old }: ReplicaSets): Promise<void> {
    const limit = this.#deployment.spec?.revisionHistoryLimit ?? 10
    const alive = old.filter(set => !set.metadata?.deletionTimestamp)
    const surplus = [...alive].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, alive.length - limit))
    for (const set of surplus) {
      const settled = (set.metadata?.generation ?? 0) <= (set.status?.observedGeneration ?? 0)
      if ((set.status?.replicas ?? 0) !== 0 || replicasOf(set) !== 0 || !settled) continue
      const { namespace, name = '', uid = '' } = set.metadata ?? {}
      try {
        await this.#context.client.delete(replicaSets, { namespace, name }, { preconditions: { uid } })
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error
      }
    }
  }

  /** Writes status when it differs, and comes back when the progress deadline may pass. */
  async #writeStatus(sets: ReplicaSets, step?: Verdict): Promise<{ requeueAfterMs: number } | undefined> {
    const { client, clock } = this.#context
    const status = statusOf(this.#deployment, sets, step, clock.now())
    if (!sameJson(status, this.#deployment.status)) {
      await client.update(deployments, { ...this.#deployment, status }, { subresource: 'status' })
    }
    const deadline = progressDeadlineMs(this.#deployment)
    const progressing = status.conditions?.find(({ type }) => type === 'Progressing')
    const settled = ['NewReplicaSetAvailable', 'ProgressDeadlineExceeded'].includes(progressing?.reason ?? '')
    if (deadline === undefined || !progressing || settled || this.#deployment.spec?.paused) return undefined
    const left = Date.parse(progressing.lastUpdateTime ?? '') + deadline - clock.now()
    return { requeueAfterMs: Math.max(0, left) + 1000 }
  }
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  return (
    (a.metadata?.creationTimestamp ?? '').localeCompare(b.metadata?.creationTimestamp ?? '') ||
    (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? '')
  )
}
