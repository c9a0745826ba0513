/**
 * The conditions of a namespace that is being deleted: what went wrong and what is left, in the words of
 * pkg/controller/namespace/deletion/status_condition_utils.go.
 */
import type { NamespaceCondition } from '@petrel/machinery/api/core-v1'
import { toTime } from '../../base/index.ts'
import type { Content } from './delete-content.ts'

interface Verdict {
  readonly type: string
  readonly bad: { readonly reason: string; readonly message: string } | undefined
  readonly good: { readonly reason: string; readonly message: string }
}

/** All five conditions; the time of transition stays where the status does. */
export function conditionsOf(content: Content, old: readonly NamespaceCondition[], now: number): NamespaceCondition[] {
  const conditions = verdicts(content).map(({ type, bad, good }) => {
    const status = bad ? 'True' : 'False'
    const before = old.find(condition => condition.type === type)
    const lastTransitionTime =
      before?.status === status && before.lastTransitionTime ? before.lastTransitionTime : toTime(now)
    return { type, status, lastTransitionTime, ...(bad ?? good) }
  })
  const foreign = old.filter(condition => !conditions.some(({ type }) => type === condition.type))
  return [...foreign, ...conditions]
}

function verdicts(content: Content): Verdict[] {
  const { remaining, undiscovered, failures } = content
  const instances = remaining
    .map(({ resource, count }) => `${resource.plural}.${resource.group} has ${count} resource instances`)
    .sort()
  const holders = new Map<string, number>()
  for (const { finalizers } of remaining)
    for (const [name, count] of finalizers) holders.set(name, (holders.get(name) ?? 0) + count)
  const finalizers = [...holders].map(([name, count]) => `${name} in ${count} resource instances`).sort()
  return [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      bad:
        undiscovered.size === 0
          ? undefined
          : {
              reason: 'DiscoveryFailed',
              message: `Discovery failed for some groups, ${undiscovered.size} failing: ${[...undiscovered].map(([group, error]) => `${group}: ${error.message}`).join(', ')}`,
            },
      good: { reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' },
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      bad: undefined,
      good: { reason: 'ParsedGroupVersions', message: 'All legacy kube types successfully parsed' },
    },
    {
      type: 'NamespaceDeletionContentFailure',
      bad:
        failures.length === undiscovered.size
          ? undefined
          : {
              reason: 'ContentDeletionFailed',
              message: `Failed to delete all resource types, ${failures.length - undiscovered.size} remaining: ${failures.map(error => error.message).join(', ')}`,
            },
      good: { reason: 'ContentDeleted', message: 'All content successfully deleted, may be waiting on finalization' },
    },
    {
      type: 'NamespaceContentRemaining',
      bad:
        instances.length === 0
          ? undefined
          : { reason: 'SomeResourcesRemain', message: `Some resources are remaining: ${instances.join(', ')}` },
      good: { reason: 'ContentRemoved', message: 'All content successfully removed' },
    },
    {
      type: 'NamespaceFinalizersRemaining',
      bad:
        finalizers.length === 0
          ? undefined
          : {
              reason: 'SomeFinalizersRemain',
              message: `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`,
            },
      good: { reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' },
    },
  ]
}
