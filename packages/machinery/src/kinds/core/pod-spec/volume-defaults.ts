/** Defaults of volumes, after pkg/apis/core/v1/defaults.go: a volume that says nothing is an emptyDir. */
import type { DownwardAPIVolumeFile, Volume } from '../../../api/core-v1.gen.ts'
import { setClaimSpecDefaults } from '../claim-spec.ts'
import { defaultPullPolicy } from './image-tag.ts'

/** 0644, the mode of files that the node writes. */
const defaultFileMode = 0o644

export function setVolumeDefaults(volume: Volume): void {
  if (!hasSource(volume)) volume.emptyDir = {}
  if (volume.hostPath) volume.hostPath.type ??= ''
  if (volume.secret) volume.secret.defaultMode ??= defaultFileMode
  if (volume.configMap) volume.configMap.defaultMode ??= defaultFileMode
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= defaultFileMode
    setFileDefaults(volume.downwardAPI.items)
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= defaultFileMode
    for (const source of volume.projected.sources ?? []) {
      setFileDefaults(source.downwardAPI?.items)
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600
    }
  }
  if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference)
  if (volume.ephemeral?.volumeClaimTemplate) setClaimSpecDefaults(volume.ephemeral.volumeClaimTemplate.spec)
  setDriverDefaults(volume)
}

function hasSource(volume: Volume): boolean {
  for (const [key, value] of Object.entries(volume)) if (key !== 'name' && value !== undefined) return true
  return false
}

function setFileDefaults(files: readonly DownwardAPIVolumeFile[] | undefined): void {
  for (const file of files ?? []) {
    if (file.fieldRef) file.fieldRef.apiVersion ||= 'v1'
    if (file.resourceFieldRef) file.resourceFieldRef.divisor ??= '0'
  }
}

/** Drivers that volumes and persistent volumes share. */
export function setDriverDefaults(source: Pick<Volume, 'iscsi' | 'rbd' | 'azureDisk' | 'scaleIO'>): void {
  if (source.iscsi) source.iscsi.iscsiInterface ||= 'default'
  if (source.rbd) {
    source.rbd.pool ||= 'rbd'
    source.rbd.user ||= 'admin'
    source.rbd.keyring ||= '/etc/ceph/keyring'
  }
  if (source.azureDisk) {
    source.azureDisk.cachingMode ??= 'ReadWrite'
    source.azureDisk.fsType ??= 'ext4'
    source.azureDisk.readOnly ??= false
    source.azureDisk.kind ??= 'Shared'
  }
  if (source.scaleIO) {
    source.scaleIO.storageMode ||= 'ThinProvisioned'
    source.scaleIO.fsType ||= 'xfs'
  }
}
