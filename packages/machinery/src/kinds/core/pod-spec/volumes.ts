/**
 * Volumes of a pod: a name, exactly one source, and that source's own rules. The table keeps upstream's order, in which
 * the second source is the one to blame. Sources that Petrel's nodes mount are checked as upstream checks them, the
 * others for what they cannot do without.
 */

import type { HostPathVolumeSource, NFSVolumeSource, Volume } from '../../../api/core-v1.gen.ts'
import type { ObjectMeta } from '../../../api/meta-v1.gen.ts'
import { nameIsDnsSubdomain } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateClaimTemplate } from '../claim-spec.ts'
import { validateDescendingPath, validateDnsLabel, validateFileMode, validateNoBacksteps } from '../field-rules.ts'
import { readQuantity } from '../resource-amounts.ts'
import { validateProjectedVolume } from './projected-volume.ts'
import { validateDownwardFile, validateKeysToPaths } from './volume-files.ts'

interface SourceRule {
  readonly key: keyof Volume
  /** Where faults of the source itself go; upstream does not always spell it like the field. */
  readonly path: string
  /** Where "more than 1" goes. */
  readonly extraPath: string
  check(volume: Volume, path: string, errors: FieldErrors): void
}

type Check<K extends keyof Volume> = (source: NonNullable<Volume[K]>, path: string, errors: FieldErrors) => void

function source<K extends keyof Volume>(
  key: K,
  check: Check<K>,
  path: string = key,
  extraPath: string = key,
): SourceRule {
  return {
    key,
    path,
    extraPath,
    check: (volume, at, errors) => {
      const given = volume[key]
      if (given) check(given, at, errors)
    },
  }
}

/** The fields that must be there. */
const needs =
  (...fields: readonly string[]) =>
  (given: object, path: string, errors: FieldErrors): void => {
    for (const field of fields) if (!(given as Record<string, unknown>)[field]) errors.required(`${path}.${field}`)
  }

const sources: readonly SourceRule[] = [
  source('emptyDir', (given, path, errors) => {
    const limit = readQuantity(given.sizeLimit)
    if (limit && limit.mantissa < 0n) {
      errors.forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')
    }
  }),
  source('hostPath', validateHostPath),
  source('gitRepo', (given, path, errors) => {
    if (!given.repository) errors.required(`${path}.repository`)
    validateDescendingPath(given.directory, `${path}.directory`, errors)
  }),
  source('gcePersistentDisk', needs('pdName'), 'persistentDisk'),
  source('awsElasticBlockStore', needs('volumeID')),
  source('secret', (given, path, errors) => {
    if (!given.secretName) errors.required(`${path}.secretName`)
    validateFileMode(given.defaultMode, `${path}.defaultMode`, errors)
    validateKeysToPaths(given.items, `${path}.items`, errors)
  }),
  source('nfs', validateNfs),
  source('iscsi', needs('targetPortal', 'iqn')),
  source('glusterfs', needs('endpoints', 'path')),
  source('flocker', () => undefined),
  source('persistentVolumeClaim', needs('claimName')),
  source('rbd', needs('monitors', 'image')),
  source('cinder', needs('volumeID')),
  source('cephfs', needs('monitors'), 'cephfs', 'cephFS'),
  source('quobyte', needs('registry', 'volume')),
  source(
    'downwardAPI',
    (given, path, errors) => {
      validateFileMode(given.defaultMode, `${path}.defaultMode`, errors)
      for (const file of given.items ?? []) validateDownwardFile(file, path, errors)
    },
    'downwardAPI',
    'downwarAPI',
  ),
  source('fc', () => undefined),
  source('flexVolume', needs('driver')),
  source('configMap', (given, path, errors) => {
    if (!given.name) errors.required(`${path}.name`)
    validateFileMode(given.defaultMode, `${path}.defaultMode`, errors)
    validateKeysToPaths(given.items, `${path}.items`, errors)
  }),
  source('azureFile', needs('secretName', 'shareName')),
  source('vsphereVolume', needs('volumePath')),
  source('photonPersistentDisk', needs('pdID')),
  source('portworxVolume', needs('volumeID')),
  source('azureDisk', needs('diskName', 'diskURI')),
  source('storageos', needs('volumeName')),
  source('projected', validateProjectedVolume),
  source('scaleIO', needs('gateway', 'system', 'volumeName')),
  source('csi', needs('driver')),
  source('ephemeral', (given, path, errors) => {
    if (!given.volumeClaimTemplate) errors.required(`${path}.volumeClaimTemplate`)
    else validateClaimTemplate(given.volumeClaimTemplate, `${path}.volumeClaimTemplate`, errors)
  }),
  source('image', needs('reference')),
]

/** The volumes that are good, by name: what mounts may refer to. `meta` is undefined in templates. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  meta: ObjectMeta | undefined,
  path: string,
  errors: FieldErrors,
): ReadonlyMap<string, Volume> {
  const good = new Map<string, Volume>()
  if (!volumes) return good
  const created = new Set(meta?.name ? volumes.filter(v => v.ephemeral).map(v => `${meta.name}-${v.name}`) : [])
  for (const [i, volume] of volumes.entries()) {
    const at = `${path}[${i}]`
    const before = errors.list.length
    validateSource(volume, meta, at, errors)
    if (!volume.name) errors.required(`${at}.name`)
    else validateDnsLabel(volume.name, `${at}.name`, errors)
    if (good.has(volume.name)) errors.duplicate(`${at}.name`, volume.name)
    if (errors.list.length === before) good.set(volume.name, volume)
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim && created.has(claim)) {
      const rule = 'must not reference a PVC that gets created for an ephemeral volume'
      errors.invalid(`${at}.persistentVolumeClaim.claimName`, claim, rule)
    }
  }
  return good
}

function validateSource(volume: Volume, meta: ObjectMeta | undefined, path: string, errors: FieldErrors): void {
  let count = 0
  for (const rule of sources) {
    if (!volume[rule.key]) continue
    if (count++ > 0) errors.forbidden(`${path}.${rule.extraPath}`, 'may not specify more than 1 volume type')
    else rule.check(volume, `${path}.${rule.path}`, errors)
  }
  if (count === 0) errors.required(path, 'must specify a volume type')
  if (!volume.ephemeral || !meta?.name || !volume.name) return
  const claim = `${meta.name}-${volume.name}`
  for (const fault of nameIsDnsSubdomain(claim, false)) {
    errors.invalid(`${path}.name`, volume.name, `PVC name ${JSON.stringify(claim)}: ${fault}`)
  }
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]

export function validateHostPath(given: HostPathVolumeSource, path: string, errors: FieldErrors): void {
  if (!given.path) {
    errors.required(`${path}.path`)
    return
  }
  validateNoBacksteps(given.path, `${path}.path`, errors)
  if (given.type !== undefined && !hostPathTypes.includes(given.type)) {
    errors.notSupported(`${path}.type`, given.type, hostPathTypes)
  }
}

export function validateNfs(given: NFSVolumeSource, path: string, errors: FieldErrors): void {
  if (!given.server) errors.required(`${path}.server`)
  if (!given.path) errors.required(`${path}.path`)
  if (!given.path?.startsWith('/')) errors.invalid(`${path}.path`, given.path ?? '', 'must be an absolute path')
}
