/** Plays the kubelet for the pods of a test: says that they run, are ready, or have ended. */
import type { Pod } from '@petrel/machinery/api/core-v1'
import { events, pods } from '@petrel/machinery/kinds'
import { toTime } from '../../base/index.ts'
import type { TestServer } from '../../testing/index.ts'

/** All pods, or those with these labels, oldest first. */
export async function podsWith({ client }: TestServer, labels: Record<string, string> = {}): Promise<readonly Pod[]> {
  const labelSelector = Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join()
  return (await client.list(pods, { namespace: 'default', labelSelector })).items
}

export type PodStep = 'pending' | 'running' | 'ready' | 'succeeded' | 'failed'

/** Says of a pod what its kubelet would say now; a pod without a node is put on `n1` first. */
export async function report({ client, clock }: TestServer, pod: Pod, step: PodStep, restarts = 0): Promise<Pod> {
  const now = toTime(clock.now())
  const { namespace, name = '' } = pod.metadata ?? {}
  let current = await client.get(pods, { namespace, name })
  if (!current.spec?.nodeName) {
    const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' }
    await client.createSubresource(pods, { namespace, name }, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target,
    })
    current = await client.get(pods, { namespace, name })
  }
  const phases = { pending: 'Pending', running: 'Running', ready: 'Running', succeeded: 'Succeeded', failed: 'Failed' }
  const ended = step === 'succeeded' || step === 'failed'
  const state = ended
    ? { terminated: { exitCode: step === 'failed' ? 1 : 0, finishedAt: now } }
    : step === 'pending'
      ? { waiting: {} }
      : { running: { startedAt: now } }
  const isReady = step === 'ready'
  const status = {
    ...current.status,
    phase: phases[step],
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: now }],
    containerStatuses: (current.spec?.containers ?? []).map(container => ({
      name: container.name,
      image: container.image ?? '',
      imageID: '',
      ready: isReady,
      restartCount: restarts,
      state,
    })),
  }
  return client.update(pods, { ...current, status }, { subresource: 'status' })
}

/** `reason: message` of the Events about an object, in order. */
export async function eventsAbout({ client }: TestServer, name: string): Promise<string[]> {
  const { items } = await client.list(events, { namespace: 'default' })
  return items
    .filter(event => event.involvedObject?.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`)
}
