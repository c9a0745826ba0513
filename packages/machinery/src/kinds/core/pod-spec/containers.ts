/** Containers of the three sorts: what they share, and what only init, regular or ephemeral ones may have. */
import type { Container, ContainerResizePolicy, EphemeralContainer, PodSpec, Volume } from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateChoice, validateDnsLabel } from '../field-rules.ts'
import { validateContainerPorts, validateHostPortsOnce } from './container-ports.ts'
import { validateEnv, validateEnvFrom } from './env.ts'
import { validateLifecycle, validateProbe } from './handlers.ts'
import { validateVolumeDevices, validateVolumeMounts } from './mounts.ts'
import { validateContainerResources } from './resource-requirements.ts'
import { validateRestartRules } from './restart-rules.ts'
import { validateSecurityContext } from './security-context.ts'

/** What the rules of one container need to know of its pod. */
interface PodSurroundings {
  readonly spec: PodSpec
  readonly volumes: ReadonlyMap<string, Volume>
  /** Names in spec.resourceClaims. */
  readonly claims: ReadonlySet<string>
  /** False when the pod has a user namespace of its own. */
  readonly hostUsers: boolean
}

export function validateContainers(pod: PodSurroundings, path: string, errors: FieldErrors): void {
  const containers = pod.spec.containers ?? []
  if (containers.length === 0) {
    errors.required(path)
    return
  }
  const names = new Set<string>()
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`
    validateCommon(container, pod, at, errors)
    if (names.has(container.name)) errors.duplicate(`${at}.name`, container.name)
    names.add(container.name)
    validateHandlers(container, pod, at, errors)
    validateRestartRules(container, at, errors)
  }
  validateHostPortsOnce(containers, path, errors)
}

export function validateInitContainers(pod: PodSurroundings, path: string, errors: FieldErrors): void {
  const names = new Set((pod.spec.containers ?? []).map(container => container.name))
  for (const [i, container] of (pod.spec.initContainers ?? []).entries()) {
    const at = `${path}[${i}]`
    validateCommon(container, pod, at, errors)
    validateRestartRules(container, at, errors)
    if (names.has(container.name)) errors.duplicate(`${at}.name`, container.name)
    else if (container.name) names.add(container.name)
    validateHostPortsOnce([container], path, errors)
    if (container.restartPolicy === 'Always') {
      validateHandlers(container, pod, at, errors)
      continue
    }
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[field]) {
        errors.forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always')
      }
    }
    for (const [j, policy] of (container.resizePolicy ?? []).entries()) {
      if (policy.restartPolicy !== 'RestartContainer') continue
      const rule = "must not be set to 'RestartContainer' for non-sidecar initContainers"
      errors.invalid(`${at}.resizePolicy[${j}].restartPolicy`, policy.restartPolicy, rule)
    }
  }
}

const notForEphemeral = ['ports', 'resources', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const

export function validateEphemeralContainers(pod: PodSurroundings, path: string, errors: FieldErrors): void {
  const others = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].map(container => container.name)
  const names = new Set(others)
  const cannot = 'cannot be set for an Ephemeral Container'
  for (const [i, container] of (pod.spec.ephemeralContainers ?? []).entries()) {
    const at = `${path}[${i}]`
    validateCommon(container, pod, at, errors)
    validateImagePadding(container.image, `${at}.image`, errors)
    if (names.has(container.name)) errors.duplicate(`${at}.name`, container.name)
    names.add(container.name)
    const target = container.targetContainerName
    if (target && !others.includes(target)) errors.notFound(`${at}.targetContainerName`, target)
    for (const field of notForEphemeral) {
      const value = container[field]
      if (value !== undefined && Object.keys(value).length > 0) errors.forbidden(`${at}.${field}`, cannot)
    }
    for (const [j, mount] of (container.volumeMounts ?? []).entries()) {
      if (mount.subPath) errors.forbidden(`${at}.volumeMounts[${j}].subPath`, cannot)
      if (mount.subPathExpr) errors.forbidden(`${at}.volumeMounts[${j}].subPathExpr`, cannot)
    }
  }
}

function validateCommon(
  container: Container | EphemeralContainer,
  pod: PodSurroundings,
  path: string,
  errors: FieldErrors,
): void {
  if (!container.name) errors.required(`${path}.name`)
  else validateDnsLabel(container.name, `${path}.name`, errors)
  if (!container.image) errors.required(`${path}.image`)
  const messages = ['File', 'FallbackToLogsOnError']
  validateChoice(container.terminationMessagePolicy, messages, `${path}.terminationMessagePolicy`, errors)
  validateContainerPorts(container.ports, `${path}.ports`, errors)
  validateEnv(container.env, `${path}.env`, errors)
  validateEnvFrom(container.envFrom, `${path}.envFrom`, errors)
  validateVolumeMounts(container, pod.volumes, `${path}.volumeMounts`, errors)
  validateVolumeDevices(container, pod.volumes, `${path}.volumeDevices`, errors)
  const pulls = ['Always', 'IfNotPresent', 'Never']
  validateChoice(container.imagePullPolicy, pulls, `${path}.imagePullPolicy`, errors)
  validateContainerResources(container.resources, pod.claims, `${path}.resources`, errors)
  validateResizePolicy(container.resizePolicy, pod.spec.restartPolicy, `${path}.resizePolicy`, errors)
  validateSecurityContext(container.securityContext, pod.hostUsers, `${path}.securityContext`, errors)
}

function validateHandlers(container: Container, pod: PodSurroundings, path: string, errors: FieldErrors): void {
  if (container.lifecycle) {
    const { terminationGracePeriodSeconds, os } = pod.spec
    validateLifecycle(container.lifecycle, terminationGracePeriodSeconds, os?.name, `${path}.lifecycle`, errors)
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    validateProbe(container[probe], probe, `${path}.${probe}`, errors)
  }
}

function validateResizePolicy(
  policies: readonly ContainerResizePolicy[] | undefined,
  podRestartPolicy: string | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  for (const [i, { resourceName, restartPolicy }] of (policies ?? []).entries()) {
    if (seen.has(resourceName)) errors.duplicate(`${path}[${i}]`, resourceName)
    seen.add(resourceName)
    validateChoice(resourceName, ['cpu', 'memory'], path, errors)
    validateChoice(restartPolicy, ['NotRequired', 'RestartContainer'], path, errors)
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")
    }
  }
}

/** Checked of pods only: templates of old have such images. */
export function validateImagePadding(image: string | undefined, path: string, errors: FieldErrors): void {
  if (image !== undefined && image.trim() !== image) {
    errors.invalid(path, image, 'must not have leading or trailing whitespace')
  }
}
