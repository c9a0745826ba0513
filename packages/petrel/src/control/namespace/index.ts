/**
 * Empties a namespace that is being deleted, then lets it go (pkg/controller/namespace). Pods go first: what they use
 * stays until they are gone (KEP-5080). `kubernetes` in spec.finalizers is removed only when every resource of every
 * group that the server knows was read and found empty.
 */
import type { Namespace } from '@petrel/machinery/api/core-v1'
import { namespaces } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { sameJson } from '../../client/index.ts'
import { type Controller, type ControllerContext, defineController, watch } from '../define-controller.ts'
import { conditionsOf } from './conditions.ts'
import { deleteContent } from './delete-content.ts'

const finalizer = 'kubernetes'

/** Keys are names of namespaces. */
export function namespaceController(): Controller {
  return defineController({
    name: 'namespace',
    concurrency: 10,
    watches: [
      watch(namespaces, {
        when: change => change.type !== 'delete' && change.object.metadata?.deletionTimestamp !== undefined,
      }),
    ],
    async reconcile(name, context) {
      const cached = context.informer(namespaces).get({ name })
      if (!cached?.metadata?.deletionTimestamp || !cached.spec?.finalizers?.includes(finalizer)) return undefined
      const namespace = await setStatus(context, cached, 'Terminating', cached.status?.conditions ?? [])
      const content = await deleteContent(context.client, name, context.clock)
      const conditions = conditionsOf(content, namespace.status?.conditions ?? [], context.clock.now())
      const marked = await setStatus(context, namespace, 'Terminating', conditions)
      if (content.failures.length > 0)
        throw new AggregateError(content.failures, content.failures.map(error => error.message).join(', '))
      if (content.remaining.length > 0) return { requeueAfterMs: (content.estimateSeconds / 2 + 1) * 1000 }
      await finalize(context, marked)
      return undefined
    },
  })
}

async function setStatus(
  context: ControllerContext,
  namespace: Namespace,
  phase: string,
  conditions: NonNullable<NonNullable<Namespace['status']>['conditions']>,
): Promise<Namespace> {
  const status = { ...namespace.status, phase, ...(conditions.length > 0 && { conditions }) }
  if (sameJson(status, namespace.status)) return namespace
  return context.client.update(namespaces, { ...namespace, status }, { subresource: 'status' })
}

async function finalize(context: ControllerContext, namespace: Namespace): Promise<void> {
  const finalizers = namespace.spec?.finalizers?.filter(name => name !== finalizer) ?? []
  try {
    await context.client.update(
      namespaces,
      { ...namespace, spec: { ...namespace.spec, finalizers } },
      { subresource: 'finalize' },
    )
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error
  }
}
