/** Rules of pods: ValidatePodCreate, ValidatePodUpdate and ValidatePodStatusUpdate. */
import type { Container, ContainerStatus, Pod, PodSpec } from '../../../api/core-v1.gen.ts'
import { inclusiveRange, nameIsDnsSubdomain, qualifiedNameFaults } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { invalidEach, validateIp } from '../field-rules.ts'
import {
  validateImagePadding,
  validateMirrorUnchanged,
  validateOnlyAddedTolerations,
  validatePodAnnotations,
  validatePodSpec,
} from '../pod-spec/index.ts'
import { describeDifference, semanticEqual } from '../semantic-equality.ts'
import { validateGatedPlacement, validateOnlyDeletedGates } from './scheduling-gates.ts'

const noSpec = {} as PodSpec

export function validatePod(pod: Pod, errors: FieldErrors): void {
  const spec = pod.spec ?? noSpec
  const meta = pod.metadata ?? {}
  validatePodAnnotations(meta.annotations, spec, 'metadata.annotations', errors)
  validatePodSpec(spec, { meta }, 'spec', errors)
  if (!spec.serviceAccountName) refuseTokenVolumes(spec, errors)
  for (const field of ['containers', 'initContainers'] as const) {
    for (const [i, { image }] of (spec[field] ?? []).entries()) {
      validateImagePadding(image, `spec.${field}[${i}].image`, errors)
    }
  }
}

export function validatePodCreate(pod: Pod, errors: FieldErrors): void {
  if (pod.spec?.ephemeralContainers?.length) errors.forbidden('spec.ephemeralContainers', 'cannot be set on create')
  if (pod.spec?.nodeName && pod.spec.schedulingGates?.length) {
    errors.forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')
  }
}

function refuseTokenVolumes(spec: PodSpec, errors: FieldErrors): void {
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    for (const [j, source] of (volume.projected?.sources ?? []).entries()) {
      if (!source.serviceAccountToken) continue
      const path = `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`
      errors.forbidden(path, 'must not be specified when serviceAccountName is not set')
    }
  }
}

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

export function validatePodUpdate(pod: Pod, old: Pod, errors: FieldErrors): void {
  validateMirrorUnchanged(pod.metadata?.annotations, old.metadata?.annotations, 'metadata.annotations', errors)
  const now = pod.spec ?? noSpec
  const before = old.spec ?? noSpec
  for (const field of ['containers', 'initContainers'] as const) {
    if ((now[field] ?? []).length !== (before[field] ?? []).length) {
      errors.forbidden(`spec.${field}`, 'pod updates may not add or remove containers')
      return
    }
  }
  if (!validateDeadline(now.activeDeadlineSeconds, before.activeDeadlineSeconds, errors)) return
  validateOnlyAddedTolerations(now.tolerations, before.tolerations, 'spec.tolerations', errors)
  validateOnlyDeletedGates(now.schedulingGates, before.schedulingGates, 'spec.schedulingGates', errors)
  const expected = withMutableFields(now, before)
  if (before.schedulingGates?.length) validateGatedPlacement(now, before, expected, errors)
  if (semanticEqual(expected, before)) return
  const difference = describeDifference(before, expected)
  errors.forbidden('spec', `pod updates may not change fields other than ${updatable}\n${difference}`)
}

/** False when nothing more should be said. */
function validateDeadline(now: number | undefined, old: number | undefined, errors: FieldErrors): boolean {
  const path = 'spec.activeDeadlineSeconds'
  if (now === undefined) {
    if (old !== undefined) errors.invalid(path, null, 'must not update from a positive integer to nil value')
    return true
  }
  if (now < 0 || now > 2147483647) errors.invalid(path, now, inclusiveRange(0, 2147483647))
  else if (old !== undefined && old < now) errors.invalid(path, now, 'must be less than or equal to previous value')
  else return true
  return false
}

/** The new spec with everything that may change as it was before: equal to the old one if nothing else changed. */
function withMutableFields(now: PodSpec, old: PodSpec): PodSpec {
  const spec: PodSpec = { ...now, containers: withImages(now.containers ?? [], old.containers ?? []) }
  if (now.initContainers) spec.initContainers = withImages(now.initContainers, old.initContainers ?? [])
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) copyField(spec, old, field)
  const grace = old.terminationGracePeriodSeconds
  if (grace !== undefined && grace < 0 && now.terminationGracePeriodSeconds === 1) {
    spec.terminationGracePeriodSeconds = grace
  }
  return spec
}

function copyField<K extends keyof PodSpec>(to: PodSpec, from: PodSpec, field: K): void {
  if (from[field] === undefined) delete to[field]
  else to[field] = from[field]
}

function withImages(now: readonly Container[], old: readonly Container[]): Container[] {
  return now.map((container, i) => {
    const { image: _, ...rest } = container
    const before = old[i]?.image
    return before === undefined ? rest : { ...rest, image: before }
  })
}

export function validatePodStatusUpdate(pod: Pod, old: Pod, errors: FieldErrors): void {
  validateMirrorUnchanged(pod.metadata?.annotations, old.metadata?.annotations, 'metadata.annotations', errors)
  const now = pod.status ?? {}
  const before = old.status ?? {}
  validateConditions(now.conditions, errors)
  if (pod.spec?.nodeName !== old.spec?.nodeName) errors.forbidden('status.nodeName', 'may not be changed directly')
  const nominated = now.nominatedNodeName
  if (nominated && nominated !== before.nominatedNodeName) {
    invalidEach(nameIsDnsSubdomain(nominated, false), nominated, 'status.nominatedNodeName', errors)
  }
  if ((now.observedGeneration ?? 0) < 0) {
    errors.invalid('status.observedGeneration', now.observedGeneration, 'must be a non-negative integer')
  }
  if ((now.qosClass ?? '') !== (before.qosClass ?? '')) {
    errors.invalid('status.qosClass', now.qosClass ?? '', 'field is immutable')
  }
  const spec = old.spec ?? noSpec
  validateTransitions(
    now.containerStatuses,
    before.containerStatuses,
    spec,
    spec.containers,
    'containerStatuses',
    errors,
  )
  const inits = spec.initContainers
  validateTransitions(
    now.initContainerStatuses,
    before.initContainerStatuses,
    spec,
    inits,
    'initContainerStatuses',
    errors,
  )
  validateAddresses(now.podIPs, before.podIPs, 'podIPs', errors)
  validateAddresses(now.hostIPs, before.hostIPs, 'hostIPs', errors)
  if (now.hostIPs?.length && now.hostIPs[0]?.ip !== now.hostIP) {
    errors.invalid('status.hostIPs[0].ip', now.hostIPs[0]?.ip, 'must be equal to `hostIP`')
  }
}

const systemConditions = ['PodScheduled', 'Ready', 'Initialized']

function validateConditions(conditions: NonNullable<Pod['status']>['conditions'], errors: FieldErrors): void {
  for (const [i, condition] of (conditions ?? []).entries()) {
    const at = `status.conditions[${i}]`
    if ((condition.observedGeneration ?? 0) < 0) {
      errors.invalid(`${at}.observedGeneration`, condition.observedGeneration, 'must be a non-negative integer')
    }
    if (systemConditions.includes(condition.type)) continue
    invalidEach(qualifiedNameFaults(condition.type ?? ''), condition.type ?? '', `${at}.Type`, errors)
  }
}

/** A container that has ended for good does not come back. */
function validateTransitions(
  now: readonly ContainerStatus[] | undefined,
  old: readonly ContainerStatus[] | undefined,
  spec: PodSpec,
  containers: readonly Container[] | undefined,
  field: string,
  errors: FieldErrors,
): void {
  for (const [i, before] of (old ?? []).entries()) {
    const ended = before.state?.terminated
    if (!ended) continue
    const after = (now ?? []).find(candidate => candidate.name === before.name)
    if (!after || after.state?.terminated) continue
    const container = (containers ?? []).find(candidate => candidate.name === before.name)
    if (container && mayRestart(container, spec, ended.exitCode ?? 0)) continue
    errors.forbidden(`status.${field}[${i}].state`, 'may not be transitioned to non-terminated state')
  }
}

/** podutil.ContainerShouldRestart: rules by exit code, then the container's policy, then the pod's. */
function mayRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const listed = (exitCodes?.values ?? []).includes(exitCode)
    if (exitCodes && listed === (exitCodes.operator === 'In')) return action.startsWith('Restart')
  }
  const policy = container.restartPolicy ?? spec.restartPolicy
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}

function validateAddresses(
  now: readonly { ip?: string }[] | undefined,
  old: readonly { ip?: string }[] | undefined,
  field: string,
  errors: FieldErrors,
): void {
  const addresses = (now ?? []).map(({ ip }) => ip ?? '')
  const before = (old ?? []).map(({ ip }) => ip ?? '')
  for (const [i, ip] of addresses.entries()) validateIp(ip, `status.${field}[${i}]`, errors, before)
  const families = new Set(addresses.map(ip => ip.includes(':')))
  if (families.size !== addresses.length) {
    errors.invalid(`status.${field}`, now, 'may specify no more than one IP for each IP family')
  }
}
