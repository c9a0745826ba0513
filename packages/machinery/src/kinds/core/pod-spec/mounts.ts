/** Where containers see volumes: mounts of file systems and block devices. As upstream, some paths have no index. */
import type { Container, EphemeralContainer, Volume, VolumeMount } from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateDescendingPath, validateOptionalChoice } from '../field-rules.ts'

type AnyContainer = Container | EphemeralContainer

export function validateVolumeMounts(
  container: AnyContainer,
  volumes: ReadonlyMap<string, Volume>,
  path: string,
  errors: FieldErrors,
): void {
  if (!container.volumeMounts) return
  const devices = container.volumeDevices ?? []
  const points = new Set<string>()
  for (const [i, mount] of container.volumeMounts.entries()) {
    const at = `${path}[${i}]`
    const name = mount.name ?? ''
    const mountPath = mount.mountPath ?? ''
    if (name === '') errors.required(`${at}.name`)
    if (!volumes.has(name)) errors.notFound(`${at}.name`, name)
    if (mountPath === '') errors.required(`${at}.mountPath`)
    if (points.has(mountPath)) errors.invalid(`${at}.mountPath`, mountPath, 'must be unique')
    points.add(mountPath)
    if (devices.some(device => device.name === name)) {
      errors.invalid(`${at}.name`, name, 'must not already exist in volumeDevices')
    }
    if (devices.some(device => device.devicePath === mountPath)) {
      errors.invalid(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices')
    }
    if (mount.subPath) validateDescendingPath(mount.subPath, `${path}.subPath`, errors)
    if (mount.subPathExpr) {
      if (mount.subPath) {
        errors.invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive')
      }
      validateDescendingPath(mount.subPathExpr, `${path}.subPathExpr`, errors)
    }
    validatePropagation(mount, container, `${path}.mountPropagation`, errors)
    validateRecursiveReadOnly(mount, `${path}.recursiveReadOnly`, errors)
  }
}

function validatePropagation(mount: VolumeMount, container: AnyContainer, path: string, errors: FieldErrors): void {
  validateOptionalChoice(mount.mountPropagation, ['Bidirectional', 'HostToContainer', 'None'], path, errors)
  if (mount.mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
    errors.forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')
  }
}

function validateRecursiveReadOnly(mount: VolumeMount, path: string, errors: FieldErrors): void {
  const wish = mount.recursiveReadOnly
  validateOptionalChoice(wish, ['Disabled', 'Enabled', 'IfPossible'], path, errors)
  if (wish !== 'Enabled' && wish !== 'IfPossible') return
  if (!mount.readOnly) errors.forbidden(path, 'may only be specified when readOnly is true')
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    errors.forbidden(path, 'may only be specified when mountPropagation is None or not specified')
  }
}

export function validateVolumeDevices(
  container: AnyContainer,
  volumes: ReadonlyMap<string, Volume>,
  path: string,
  errors: FieldErrors,
): void {
  if (!container.volumeDevices) return
  const mounts = container.volumeMounts ?? []
  const names = new Set<string>()
  const paths = new Set<string>()
  for (const [i, device] of container.volumeDevices.entries()) {
    const at = `${path}[${i}]`
    const name = device.name ?? ''
    const devicePath = device.devicePath ?? ''
    const volume = volumes.get(name)
    if (name === '') errors.required(`${at}.name`)
    if (names.has(name)) errors.invalid(`${at}.name`, name, 'must be unique')
    if (!volume) errors.notFound(`${at}.name`, name)
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      const rule = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
      errors.invalid(`${at}.name`, name, rule)
    }
    if (devicePath === '') errors.required(`${at}.devicePath`)
    if (paths.has(devicePath)) errors.invalid(`${at}.devicePath`, devicePath, 'must be unique')
    if (devicePath.split('/').includes('..')) {
      errors.invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')")
    } else paths.add(devicePath)
    if (mounts.some(mount => mount.name === name)) {
      errors.invalid(`${at}.name`, name, 'must not already exist in volumeMounts')
    }
    if (mounts.some(mount => mount.mountPath === devicePath)) {
      errors.invalid(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts')
    }
    if (name !== '') names.add(name)
  }
}
