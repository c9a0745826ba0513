/** `pods/binding` and `bindings`: a scheduler's word on where a pod runs (pkg/registry/core/pod/storage, assignPod). */
import type { Binding, Pod, PodCondition } from '@petrel/machinery/api/core-v1'
import { bindings, pods } from '@petrel/machinery/kinds'
import { badRequest, conflict, FieldErrors, invalid } from '@petrel/machinery/status'
import { toTime } from '../../base/index.ts'
import type { Handler } from '../chain.ts'
import { methodNotAllowed } from '../refusals.ts'
import { readAs } from '../registry/body.ts'
import { copy } from '../registry/copy.ts'
import type { Registry } from '../registry/registry.ts'
import { change } from '../registry/update.ts'
import { parseWriteOptions } from '../registry/write-options.ts'
import { succeeded } from './loose-kind.ts'

const bindingResource = { group: '', plural: 'pods/binding' }

export function bindingHandler(registry: Registry): Handler {
  return async request => {
    if (request.info.verb !== 'create') throw methodNotAllowed()
    const options = parseWriteOptions(request.query, 'CreateOptions')
    const binding = await readAs<Binding>(request, bindings, options.fieldValidation)
    const name = request.info.name || binding.metadata?.name || ''
    if (binding.metadata?.name && binding.metadata.name !== name) {
      throw badRequest('name in URL does not match name in Binding object')
    }
    check(binding, name)
    const served = registry.table.of(pods)
    const onPod = { ...request, info: { ...request.info, name, resource: 'pods', subresource: 'binding' } }
    await change(registry, onPod, served, options, {
      next(old) {
        const pod = copy(old) as Pod
        checkPod(pod, binding, name)
        pod.spec = { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: binding.target.name ?? '' }
        const { annotations, labels } = binding.metadata ?? {}
        const metadata = pod.metadata!
        if (annotations) metadata.annotations = { ...metadata.annotations, ...annotations }
        if (labels) metadata.labels = { ...metadata.labels, ...labels }
        setScheduled(pod, toTime(registry.clock.now()))
        return pod
      },
      subresource: { name: 'binding', prepare: () => {} },
      retries: true,
    })
    return succeeded(201)
  }
}

function check(binding: Binding, name: string): void {
  const errors = new FieldErrors()
  const { kind = '', name: target = '' } = binding.target ?? {}
  if (kind !== '' && kind !== 'Node') errors.notSupported('target.kind', kind, ['Node', '<empty>'])
  if (target === '') errors.required('target.name')
  if (name === '') errors.required('metadata.name', 'name or generateName is required')
  if (!errors.empty) throw invalid(bindings, name, errors)
}

function checkPod(pod: Pod, binding: Binding, name: string): void {
  const { uid, resourceVersion } = binding.metadata ?? {}
  if (uid && uid !== pod.metadata?.uid) {
    throw conflict(
      bindingResource,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata?.uid ?? ''}`,
    )
  }
  if (resourceVersion && resourceVersion !== pod.metadata?.resourceVersion) {
    throw conflict(
      bindingResource,
      name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${pod.metadata?.resourceVersion ?? ''}`,
    )
  }
  if (pod.metadata?.deletionTimestamp) {
    throw conflict(bindingResource, name, `pod ${name} is being deleted, cannot be assigned to a host`)
  }
  if (pod.spec?.nodeName) {
    throw conflict(
      bindingResource,
      name,
      `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`,
    )
  }
  if ((pod.spec?.schedulingGates?.length ?? 0) > 0) {
    throw conflict(bindingResource, name, `pod ${name} has non-empty .spec.schedulingGates`)
  }
}

function setScheduled(pod: Pod, now: string): void {
  const condition: PodCondition = { type: 'PodScheduled', status: 'True', lastTransitionTime: now }
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
  pod.status = { ...pod.status, conditions: [...others, condition] }
}
