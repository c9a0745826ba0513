/**
 * Deletes pods that do not tolerate a NoExecute taint of their node, at once or when their tolerationSeconds are over
 * (pkg/controller/tainteviction). The time counts from when this controller first saw pod and taint together.
 */
import type { Node, Pod } from '@petrel/machinery/api/core-v1'
import { nodes, pods } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { toTime } from '../../base/index.ts'
import { keyOf, parseKey, sameJson } from '../../client/index.ts'
import { type Controller, type ControllerContext, defineController, watch } from '../define-controller.ts'
import { toleratedSeconds } from './tolerations.ts'

interface Sentence {
  readonly uid: string
  readonly since: number
}

/** Keys are those of pods. */
export function taintEvictionController(): Controller {
  const sentences = new Map<string, Sentence>()
  return defineController({
    name: 'taint-eviction-controller',
    component: 'taint-eviction-controller',
    concurrency: 8,
    watches: [
      watch(pods, {
        when: ({ type, object, old }) =>
          type !== 'update' ||
          object.spec?.nodeName !== old?.spec?.nodeName ||
          !sameJson(object.spec?.tolerations, old?.spec?.tolerations),
      }),
      watch(nodes, {
        keys: (node, context) =>
          context
            .informer(pods)
            .byIndex('node', node.metadata?.name ?? '')
            .map(keyOf),
        when: ({ object, old }) => !sameJson(noExecuteTaints(object), noExecuteTaints(old)),
      }),
    ],
    async reconcile(key, context) {
      const pod = context.informer(pods).get(parseKey(key))
      const node = pod?.spec?.nodeName ? context.informer(nodes).get({ name: pod.spec.nodeName }) : undefined
      const taints = noExecuteTaints(node)
      if (!pod || pod.metadata?.deletionTimestamp || taints.length === 0) {
        cancel(key, pod, sentences, context)
        return undefined
      }
      const seconds = toleratedSeconds(taints, pod.spec?.tolerations ?? [])
      if (seconds === Number.POSITIVE_INFINITY) {
        cancel(key, pod, sentences, context)
        return undefined
      }
      const uid = pod.metadata?.uid ?? ''
      let sentence = sentences.get(key)
      if (sentence?.uid !== uid) {
        sentence = { uid, since: context.clock.monotonic() }
        sentences.set(key, sentence)
      }
      const leftMs = sentence.since + seconds * 1000 - context.clock.monotonic()
      if (leftMs > 0) return { requeueAfterMs: leftMs }
      await evict(pod, context)
      sentences.delete(key)
      return undefined
    },
  })
}

function noExecuteTaints(node: Node | undefined): NonNullable<NonNullable<Node['spec']>['taints']> {
  return node?.spec?.taints?.filter(taint => taint.effect === 'NoExecute') ?? []
}

function cancel(key: string, pod: Pod | undefined, sentences: Map<string, Sentence>, context: ControllerContext): void {
  if (!sentences.delete(key) || !pod || pod.metadata?.deletionTimestamp) return
  context.events.event(
    { apiVersion: 'v1', kind: 'Pod', ...pod },
    'Normal',
    'TaintManagerEviction',
    `Cancelling deletion of Pod ${key}`,
  )
}

async function evict(pod: Pod, context: ControllerContext): Promise<void> {
  const { client, clock, events } = context
  const { namespace, name = '', uid = '' } = pod.metadata ?? {}
  events.event(
    { apiVersion: 'v1', kind: 'Pod', ...pod },
    'Normal',
    'TaintManagerEviction',
    `Marking for deletion Pod ${keyOf(pod)}`,
  )
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastTransitionTime: toTime(clock.now()),
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
  }
  try {
    await client.patch(
      pods,
      { namespace, name },
      'strategic',
      { metadata: { uid }, status: { conditions: [condition] } },
      { subresource: 'status' },
    )
    await client.delete(pods, { namespace, name }, { preconditions: { uid } })
  } catch (error) {
    // Gone, or another pod of the name: it has a sentence of its own.
    if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error
  }
}
