/** spec.os, and what cannot be asked of that system's containers. */
import type { PodSpec } from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { visitContainers } from './visit-containers.ts'

const podSpecOfLinux = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const
const podContextOfLinux = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const
const contextOfLinux = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

export function validateOperatingSystem(spec: PodSpec, path: string, errors: FieldErrors): void {
  if (!spec.os) return
  const { name } = spec.os
  if (!name) errors.required(`${path}.os.name`)
  else if (name === 'linux') validateLinux(spec, path, errors)
  else if (name === 'windows') validateWindows(spec, path, errors)
  else errors.notSupported(`${path}.os`, name, ['linux', 'windows'])
}

function validateLinux(spec: PodSpec, path: string, errors: FieldErrors): void {
  const rule = 'windows options cannot be set for a linux pod'
  if (spec.securityContext?.windowsOptions) errors.forbidden(`${path}.securityContext.windowsOptions`, rule)
  visitContainers(spec, path, (container, at) => {
    if (container.securityContext?.windowsOptions) errors.forbidden(`${at}.securityContext.windowsOptions`, rule)
  })
}

function validateWindows(spec: PodSpec, path: string, errors: FieldErrors): void {
  const rule = 'cannot be set for a windows pod'
  for (const field of podSpecOfLinux) {
    const isSet = field === 'hostPID' || field === 'hostIPC' ? spec[field] : spec[field] !== undefined
    if (isSet) errors.forbidden(`${path}.${field}`, rule)
  }
  for (const field of podContextOfLinux) {
    if (spec.securityContext?.[field] !== undefined) errors.forbidden(`${path}.securityContext.${field}`, rule)
  }
  visitContainers(spec, path, (container, at) => {
    for (const field of contextOfLinux) {
      if (container.securityContext?.[field] !== undefined) errors.forbidden(`${at}.securityContext.${field}`, rule)
    }
  })
}
