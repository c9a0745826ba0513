/** Security contexts of containers and pods. Whether privileged pods are welcome is for admission to say, not for here. */
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
} from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateDescendingPath, validateId, validateOptionalChoice } from '../field-rules.ts'

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

/** `hostUsers` is false when the pod has a user namespace of its own. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  path: string,
  errors: FieldErrors,
): void {
  if (!context) return
  validateId(context.runAsUser, `${path}.runAsUser`, errors)
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors)
  validateOptionalChoice(context.procMount, ['Default', 'Unmasked'], `${path}.procMount`, errors)
  if (hostUsers && context.procMount === 'Unmasked') {
    errors.invalid(`${path}.procMount`, context.procMount, '`hostUsers` must be false to use `Unmasked`')
  }
  validateSeccompProfile(context.seccompProfile, `${path}.seccompProfile`, errors)
  if (context.allowPrivilegeEscalation === false) {
    const cannot = 'cannot set `allowPrivilegeEscalation` to false and'
    if (context.privileged) errors.invalid(path, context, `${cannot} \`privileged\` to true`)
    for (const capability of context.capabilities?.add ?? []) {
      if (capability === 'CAP_SYS_ADMIN') errors.invalid(path, context, `${cannot} \`capabilities.Add\` CAP_SYS_ADMIN`)
    }
  }
  validateAppArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`, errors)
}

export function validatePodSecurityContext(spec: PodSpec, path: string, errors: FieldErrors): void {
  const context = spec.securityContext
  if (!context) return
  validateId(context.fsGroup, `${path}.fsGroup`, errors)
  validateId(context.runAsUser, `${path}.runAsUser`, errors)
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors)
  for (const [i, group] of (context.supplementalGroups ?? []).entries()) {
    validateId(group, `${path}.supplementalGroups[${i}]`, errors)
  }
  if (spec.shareProcessNamespace && spec.hostPID) {
    const rule = 'ShareProcessNamespace and HostPID cannot both be enabled'
    errors.invalid(`${path}.shareProcessNamespace`, true, rule)
  }
  validateSysctls(context, spec, `${path}.sysctls`, errors)
  const { fsGroupChangePolicy, supplementalGroupsPolicy, seLinuxChangePolicy } = context
  validateOptionalChoice(fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${path}.fsGroupChangePolicy`, errors)
  validateSeccompProfile(context.seccompProfile, `${path}.seccompProfile`, errors)
  validateAppArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`, errors)
  validateOptionalChoice(supplementalGroupsPolicy, ['Merge', 'Strict'], `${path}.supplementalGroupsPolicy`, errors)
  validateOptionalChoice(seLinuxChangePolicy, ['MountOption', 'Recursive'], `${path}.seLinuxChangePolicy`, errors)
}

const sysctlSource = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'
const sysctlName = new RegExp(sysctlSource)

function validateSysctls(context: PodSecurityContext, spec: PodSpec, path: string, errors: FieldErrors): void {
  const names = new Set<string>()
  for (const [i, { name }] of (context.sysctls ?? []).entries()) {
    const at = `${path}[${i}].name`
    if (!name) errors.required(at)
    else if (name.length > 253 || !sysctlName.test(name)) {
      errors.invalid(at, name, `must have at most 253 characters and match regex ${sysctlSource}`)
    } else if (names.has(name)) errors.duplicate(at, name)
    names.add(name)
    const dotted = (name ?? '').replaceAll('/', '.')
    if (spec.hostNetwork && dotted.startsWith('net.')) {
      errors.invalid(at, name, "may not be specified when 'hostNetwork' is true")
    } else if (spec.hostIPC && /^(kernel\.(shm|msg)|kernel\.sem$|fs\.mqueue\.)/.test(dotted)) {
      errors.invalid(at, name, "may not be specified when 'hostIPC' is true")
    }
  }
}

function validateSeccompProfile(profile: SeccompProfile | undefined, path: string, errors: FieldErrors): void {
  if (!profile) return
  if (!profile.type) errors.required(`${path}.type`, 'type is required when seccompProfile is set')
  else if (!profileTypes.includes(profile.type)) errors.notSupported(`${path}.type`, profile.type, profileTypes)
  if (profile.type === 'Localhost') {
    if (profile.localhostProfile === undefined) {
      errors.required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost')
    } else validateDescendingPath(profile.localhostProfile, `${path}.localhostProfile`, errors)
  } else if (profile.localhostProfile !== undefined) {
    errors.invalid(`${path}.localhostProfile`, profile, 'can only be set when seccomp type is Localhost')
  }
}

function validateAppArmorProfile(profile: AppArmorProfile | undefined, path: string, errors: FieldErrors): void {
  if (!profile) return
  const file = profile.localhostProfile
  const at = `${path}.localhostProfile`
  if (!profile.type) errors.required(`${path}.type`, 'type is required when appArmorProfile is set')
  else if (!profileTypes.includes(profile.type)) errors.notSupported(`${path}.type`, profile.type, profileTypes)
  else if (profile.type !== 'Localhost') {
    if (file !== undefined) errors.invalid(at, file, 'can only be set when AppArmor type is Localhost')
  } else if (file === undefined || file === '') {
    errors.required(at, 'must be set when AppArmor type is Localhost')
  } else {
    if (file.trim() !== file) errors.invalid(at, file, 'must not be padded with whitespace')
    if (file.length > 4095) errors.tooLong(at, 4095)
  }
}
