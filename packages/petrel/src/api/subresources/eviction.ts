/**
 * `pods/eviction`: a delete that disruption budgets may refuse (pkg/registry/core/pod/storage/eviction.go). A budget is
 * charged before the pod goes, so that two evictions never spend the same allowance.
 */
import type { Pod } from '@petrel/machinery/api/core-v1'
import type { Eviction, PodDisruptionBudget } from '@petrel/machinery/api/policy-v1'
import { podDisruptionBudgets, pods } from '@petrel/machinery/kinds'
import { selectorFromLabelSelector } from '@petrel/machinery/selectors'
import { badRequest, forbidden, StatusError, tooManyRequests } from '@petrel/machinery/status'
import { toTime } from '../../base/index.ts'
import type { Handler } from '../chain.ts'
import { methodNotAllowed } from '../refusals.ts'
import { readAs } from '../registry/body.ts'
import { copy } from '../registry/copy.ts'
import { deleteObject } from '../registry/delete.ts'
import type { DeleteOptions } from '../registry/delete-options.ts'
import { require } from '../registry/get.ts'
import { prefixOf } from '../registry/kind-table.ts'
import type { Registry } from '../registry/registry.ts'
import { objectOf } from '../registry/stored.ts'
import { change } from '../registry/update.ts'
import { parseWriteOptions, type WriteOptions } from '../registry/write-options.ts'
import type { ApiRequest } from '../request.ts'
import { succeeded, wireKind } from './loose-kind.ts'

const evictionKind = wireKind<Eviction>('policy', 'v1', 'Eviction', 'io.k8s.api.policy.v1.Eviction')

/** Upstream's MaxDisruptedPodSize. */
const maxDisruptedPods = 2000

export function evictionHandler(registry: Registry): Handler {
  return async (request, served) => {
    if (request.info.verb !== 'create') throw methodNotAllowed()
    const { namespace, name } = request.info
    const options = parseWriteOptions(request.query, 'CreateOptions')
    const eviction = await readAs<Eviction>(request, evictionKind, options.fieldValidation)
    if ((eviction.metadata?.name ?? '') !== name) throw badRequest('name in URL does not match name in Eviction object')
    const asked = (eviction.deleteOptions ?? {}) as DeleteOptions
    const dryRun = options.dryRun || (asked.dryRun?.length ?? 0) > 0
    const deletion: DeleteOptions = { ...asked, ...(dryRun && { dryRun: ['All'] }) }
    const write: WriteOptions = { ...options, dryRun }

    const pod = objectOf(require(registry, served, namespace, name), served) as Pod
    if (!canIgnoreBudgets(pod)) {
      const budgets = budgetsOf(registry, pod)
      if (budgets.length > 1) throw tooManyBudgets()
      const [budget] = budgets
      if (budget) await charge(registry, request, pod, budget, write)
    }
    if (!dryRun) await markDisrupted(registry, request, pod, write)
    await deleteObject(registry, request, served, namespace, name, deletion)
    return succeeded(201)
  }
}

/** A pod that does not run, or is going anyway, disrupts nobody. */
function canIgnoreBudgets(pod: Pod): boolean {
  const phase = pod.status?.phase
  return (
    phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata?.deletionTimestamp !== undefined
  )
}

function budgetsOf(registry: Registry, pod: Pod): PodDisruptionBudget[] {
  const served = registry.table.of(podDisruptionBudgets)
  return registry.store
    .range(prefixOf(served, pod.metadata?.namespace ?? ''))
    .entries.map(entry => objectOf(entry, served) as PodDisruptionBudget)
    .filter(
      ({ spec }) =>
        spec?.selector !== undefined && selectorFromLabelSelector(spec.selector).matches(pod.metadata?.labels),
    )
}

async function charge(
  registry: Registry,
  request: ApiRequest,
  pod: Pod,
  budget: PodDisruptionBudget,
  options: WriteOptions,
): Promise<void> {
  if (!isReady(pod) && mayEvictUnready(budget)) return
  const served = registry.table.of(podDisruptionBudgets)
  const name = budget.metadata?.name ?? ''
  const onBudget = {
    ...request,
    info: { ...request.info, group: 'policy', resource: 'poddisruptionbudgets', subresource: 'status', name },
  }
  await change(registry, onBudget, served, options, {
    next(old) {
      const next = copy(old) as PodDisruptionBudget
      checkBudget(next)
      const status = next.status!
      status.disruptionsAllowed = (status.disruptionsAllowed ?? 0) - 1
      status.disruptedPods = { ...status.disruptedPods, [pod.metadata?.name ?? '']: toTime(registry.clock.now()) }
      return next
    },
    subresource: { name: 'status', prepare: () => {} },
    retries: true,
  })
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

/** spec.unhealthyPodEvictionPolicy (KEP-3017). */
function mayEvictUnready({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  return (status?.currentHealthy ?? 0) >= (status?.desiredHealthy ?? 0) && (status?.desiredHealthy ?? 0) > 0
}

function checkBudget({ metadata, status }: PodDisruptionBudget): void {
  const name = metadata?.name ?? ''
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) {
    throw refused(`The disruption budget ${name} is still being processed by the server.`, 10)
  }
  const allowed = status?.disruptionsAllowed ?? 0
  if (allowed < 0)
    throw forbidden({ group: 'policy', plural: 'poddisruptionbudget' }, name, 'pdb disruptions allowed is negative')
  if (Object.keys(status?.disruptedPods ?? {}).length > maxDisruptedPods) {
    throw forbidden(
      { group: 'policy', plural: 'poddisruptionbudget' },
      name,
      'DisruptedPods map too big - too many evictions not confirmed by PDB controller',
    )
  }
  if (allowed > 0) return
  throw refused(
    `The disruption budget ${name} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`,
    0,
  )
}

function refused(why: string, retryAfterSeconds: number): StatusError {
  return tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", retryAfterSeconds, [
    { reason: 'DisruptionBudget', message: why },
  ])
}

function tooManyBudgets(): StatusError {
  const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  })
}

/** Says on the pod itself why it goes: condition DisruptionTarget (KEP-3329). */
async function markDisrupted(registry: Registry, request: ApiRequest, pod: Pod, options: WriteOptions): Promise<void> {
  const served = registry.table.of(pods)
  const onPod = { ...request, info: { ...request.info, subresource: 'status' } }
  await change(registry, onPod, served, options, {
    next(old) {
      const next = copy(old) as Pod
      const others = (next.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget')
      next.status = {
        ...next.status,
        conditions: [
          ...others,
          {
            type: 'DisruptionTarget',
            status: 'True',
            lastTransitionTime: toTime(registry.clock.now()),
            reason: 'EvictionByEvictionAPI',
            message: 'Eviction API: evicting',
          },
        ],
      }
      if (pod.metadata?.uid !== next.metadata?.uid) throw badRequest('the pod was replaced while it was being evicted')
      return next
    },
    subresource: { name: 'status', prepare: () => {} },
    retries: true,
  })
}
