/** ValidatePodSpec: the rules that hold for a pod's spec wherever it stands, in upstream's order. */
import type { PodSpec } from '../../../api/core-v1.gen.ts'
import type { ObjectMeta } from '../../../api/meta-v1.gen.ts'
import { inclusiveRange, nameIsDnsSubdomain, validateLabels } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import {
  invalidEach,
  validateChoice,
  validateDnsLabel,
  validateOptionalChoice,
  validateQualifiedName,
} from '../field-rules.ts'
import { validateResourceAmount } from '../resource-amounts.ts'
import { validateContainerResourceName } from '../resource-names.ts'
import { validateAffinity } from './affinity.ts'
import { validateHostNetworkPorts } from './container-ports.ts'
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts'
import { validateDns, validateDnsPolicy, validateHostnameOverride, validateHostnames } from './dns.ts'
import { validateFileKeyVolumes } from './env.ts'
import { validateOperatingSystem } from './operating-system.ts'
import { validatePodResources } from './resource-requirements.ts'
import { validatePodSecurityContext } from './security-context.ts'
import { validateTolerations } from './tolerations.ts'
import { validateTopologySpread } from './topology-spread.ts'
import { validateVolumes } from './volumes.ts'

interface PodSpecPlace {
  /** Metadata of the pod; undefined in a template. */
  readonly meta: ObjectMeta | undefined
}

export function validatePodSpec(spec: PodSpec, { meta }: PodSpecPlace, path: string, errors: FieldErrors): void {
  if (spec.terminationGracePeriodSeconds === undefined) errors.required(`${path}.terminationGracePeriodSeconds`)
  const volumes = validateVolumes(spec.volumes, meta, `${path}.volumes`, errors)
  const claims = validateResourceClaims(spec, `${path}.resourceClaims`, errors)
  const pod = { spec, volumes, claims, hostUsers: spec.hostUsers !== false }
  validateContainers(pod, `${path}.containers`, errors)
  validateInitContainers(pod, `${path}.initContainers`, errors)
  validateEphemeralContainers(pod, `${path}.ephemeralContainers`, errors)
  validatePodResources(spec, claims, path, errors)
  if (spec.hostNetwork) {
    validateHostNetworkPorts(spec.containers ?? [], meta !== undefined, `${path}.containers`, errors)
  }
  validateChoice(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], `${path}.restartPolicy`, errors)
  validateDnsPolicy(spec.dnsPolicy, `${path}.dnsPolicy`, errors)
  validateLabels(spec.nodeSelector, `${path}.nodeSelector`, errors)
  validatePodSecurityContext(spec, `${path}.securityContext`, errors)
  validateAffinity(spec.affinity, `${path}.affinity`, errors)
  validateDns(spec, path, errors)
  validateGates(spec, path, errors)
  validateTopologySpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`, errors)
  if (spec.hostUsers === false) validateUserNamespace(spec, path, errors)
  validateHostnameOverride(spec, path, errors)
  validateReferences(spec, path, errors)
  const deadline = spec.activeDeadlineSeconds
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
    errors.invalid(`${path}.activeDeadlineSeconds`, deadline, inclusiveRange(1, 2147483647))
  }
  validateHostnames(spec, path, errors)
  validateTolerations(spec.tolerations, `${path}.tolerations`, errors)
  const preemption = ['PreemptLowerPriority', 'Never']
  validateOptionalChoice(spec.preemptionPolicy, preemption, `${path}.preemptionPolicy`, errors)
  for (const [name, amount] of Object.entries(spec.overhead ?? {})) {
    validateContainerResourceName(name, `${path}.overhead[${name}]`, errors)
    validateResourceAmount(name, amount, `${path}.overhead[${name}]`, errors)
  }
  validateOperatingSystem(spec, path, errors)
  validateFileKeyVolumes(spec, path, errors)
}

function validateReferences(spec: PodSpec, path: string, errors: FieldErrors): void {
  for (const field of ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName'] as const) {
    const name = spec[field]
    if (name || (field === 'runtimeClassName' && name !== undefined)) {
      invalidEach(nameIsDnsSubdomain(name, false), name, `${path}.${field}`, errors)
    }
  }
}

function validateGates(spec: PodSpec, path: string, errors: FieldErrors): void {
  for (const [i, gate] of (spec.readinessGates ?? []).entries()) {
    validateQualifiedName(gate.conditionType ?? '', `${path}.readinessGates[${i}].conditionType`, errors)
  }
  const seen = new Set<string>()
  for (const [i, { name }] of (spec.schedulingGates ?? []).entries()) {
    const at = `${path}.schedulingGates[${i}]`
    validateQualifiedName(name ?? '', at, errors)
    if (seen.has(name)) errors.duplicate(at, name)
    seen.add(name)
  }
}

/** The names of the claims, also of bad ones: what refers to them is not wrong for it. */
function validateResourceClaims(spec: PodSpec, path: string, errors: FieldErrors): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [i, claim] of (spec.resourceClaims ?? []).entries()) {
    const at = `${path}[${i}]`
    const { name, resourceClaimName, resourceClaimTemplateName } = claim
    if (!name) errors.required(`${at}.name`)
    else if (names.has(name)) errors.duplicate(`${at}.name`, name)
    else {
      validateDnsLabel(name, `${at}.name`, errors)
      names.add(name)
    }
    const either = '`resourceClaimName` or `resourceClaimTemplateName`'
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      errors.invalid(at, claim, `at most one of ${either} may be specified`)
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.invalid(at, claim, `must specify one of: ${either.replace(' or', ',')}`)
    }
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const value = claim[field]
      if (value !== undefined) invalidEach(nameIsDnsSubdomain(value, false), value, `${at}.${field}`, errors)
    }
  }
  return names
}

/** A pod with a user namespace of its own cannot share the host's others. */
function validateUserNamespace(spec: PodSpec, path: string, errors: FieldErrors): void {
  const rule = 'when `hostUsers` is false'
  if (spec.hostNetwork) errors.forbidden(`${path}.hostNetwork`, rule)
  if (spec.hostPID) errors.forbidden(`${path}.HostPID`, rule)
  if (spec.hostIPC) errors.forbidden(`${path}.HostIPC`, rule)
}
