/** core/v1 PersistentVolume. */
import type { PersistentVolume, PersistentVolumeSpec, PersistentVolumeStatus } from '../../api/core-v1.gen.ts'
import { nameIsDnsSubdomain } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import { keepStatus } from '../keep-status.ts'
import type { Kind } from '../kind.ts'
import { textColumn } from '../make-column.ts'
import { timestamp } from '../timestamp.ts'
import { formatAccessModes, validateAccessModes } from './access-modes.ts'
import { volumeModes } from './claim-spec.ts'
import { invalidEach, validateOptionalChoice } from './field-rules.ts'
import { validateNodeSelector } from './node-selector.ts'
import { setDriverDefaults, validateHostPath, validateNfs } from './pod-spec/index.ts'
import { canonicalizeAmounts, printQuantity, validatePositiveAmount } from './resource-amounts.ts'
import { describeDifference, semanticEqual } from './semantic-equality.ts'

/** Older than spec.storageClassName, and still before it. */
export const storageClassAnnotation = 'volume.beta.kubernetes.io/storage-class'

export const persistentVolumes: Kind<PersistentVolume> = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
  shortNames: ['pv'],
  columns: [
    nameColumn,
    textColumn('Capacity', 'Size.', ({ spec }) => printQuantity(spec?.capacity?.['storage'] ?? '0')),
    textColumn('Access Modes', 'How it may be mounted.', ({ spec }) => formatAccessModes(spec?.accessModes)),
    textColumn('Reclaim Policy', 'What becomes of it.', ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? ''),
    textColumn('Status', 'Phase.', ({ metadata, status }) =>
      metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    textColumn('Claim', 'The claim it is bound to.', ({ spec }) =>
      spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '',
    ),
    textColumn(
      'StorageClass',
      'Its storage class.',
      ({ metadata, spec }) => metadata?.annotations?.[storageClassAnnotation] ?? spec?.storageClassName ?? '',
    ),
    textColumn(
      'VolumeAttributesClass',
      'Its volume attributes class.',
      ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    ),
    textColumn('Reason', 'Why it failed.', ({ status }) => status?.reason ?? ''),
    ageColumn,
    textColumn('VolumeMode', 'Filesystem or Block.', ({ spec }) => spec?.volumeMode ?? '<unset>', 1),
  ],
  subresources: { status: { prepareForUpdate: prepareStatus } },
  setDefaults(volume) {
    volume.status ??= {}
    volume.status.phase ||= 'Pending'
    const { spec } = volume
    if (!spec) return
    spec.persistentVolumeReclaimPolicy ||= 'Retain'
    spec.volumeMode ??= 'Filesystem'
    canonicalizeAmounts(spec.capacity)
    if (spec.hostPath) spec.hostPath.type ??= ''
    const { iscsi, rbd, azureDisk, scaleIO } = spec
    setDriverDefaults({
      ...(iscsi && { iscsi }),
      ...(rbd && { rbd }),
      ...(azureDisk && { azureDisk }),
      ...(scaleIO && { scaleIO }),
    })
  },
  strategy: {
    hasGeneration: false,
    prepareForCreate(volume, { now }) {
      volume.status = { phase: 'Pending', lastPhaseTransitionTime: timestamp(now) }
    },
    prepareForUpdate: keepStatus,
    validate,
    validateUpdate,
  },
  definition: 'io.k8s.api.core.v1.PersistentVolume',
})

/** lastPhaseTransitionTime follows the phase unless the writer says otherwise (KEP-3762). */
function prepareStatus(volume: PersistentVolume, old: PersistentVolume, { now }: { readonly now: number }): void {
  if (old.spec) volume.spec = old.spec
  const status: PersistentVolumeStatus = volume.status ?? {}
  volume.status = status
  const before = old.status?.lastPhaseTransitionTime
  const given = status.lastPhaseTransitionTime
  if (old.status?.phase === status.phase) {
    if (given === undefined && before !== undefined) status.lastPhaseTransitionTime = before
  } else if (given === undefined || given === before) status.lastPhaseTransitionTime = timestamp(now)
}

const notSources: ReadonlySet<string> = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
])

/** The part of the spec that says where the bytes are. */
function sourceOf(spec: PersistentVolumeSpec): Record<string, unknown> {
  return Object.fromEntries(Object.entries(spec).filter(([key, value]) => !notSources.has(key) && value !== undefined))
}

function validate({ spec = {} }: PersistentVolume, errors: FieldErrors): void {
  if (!spec.accessModes?.length) errors.required('spec.accessModes')
  validateAccessModes(spec.accessModes, 'spec.accessModes', errors)
  const capacity = spec.capacity ?? {}
  const names = Object.keys(capacity)
  if (names.length === 0) errors.required('spec.capacity')
  if (!('storage' in capacity) || names.length > 1) errors.notSupported('spec.capacity', capacity, ['storage'])
  for (const name of names) validatePositiveAmount(capacity[name], `spec.capacity[${name}]`, errors)
  const policies = ['Delete', 'Recycle', 'Retain']
  const policy = spec.persistentVolumeReclaimPolicy
  validateOptionalChoice(policy, policies, 'spec.persistentVolumeReclaimPolicy', errors)
  if (spec.nodeAffinity) {
    const { required } = spec.nodeAffinity
    if (required) validateNodeSelector(required, true, 'spec.nodeAffinity.required', errors)
    else errors.required('spec.nodeAffinity.required', 'must specify required node constraints')
  }
  validateSource(spec, errors)
  for (const field of ['storageClassName', 'volumeAttributesClassName'] as const) {
    const name = spec[field]
    if (name) invalidEach(nameIsDnsSubdomain(name, false), name, `spec.${field}`, errors)
  }
  validateOptionalChoice(spec.volumeMode, volumeModes, 'spec.volumeMode', errors)
}

function validateSource(spec: PersistentVolumeSpec, errors: FieldErrors): void {
  const [first, ...others] = Object.keys(sourceOf(spec))
  if (first === undefined) errors.required('spec', 'must specify a volume type')
  for (const other of others) errors.forbidden(`spec.${other}`, 'may not specify more than 1 volume type')
  if (spec.hostPath) {
    validateHostPath(spec.hostPath, 'spec.hostPath', errors)
    if (/^\/+$/.test(spec.hostPath.path ?? '') && spec.persistentVolumeReclaimPolicy === 'Recycle') {
      errors.forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")
    }
  }
  if (spec.nfs) validateNfs(spec.nfs, 'spec.nfs', errors)
  if (spec.local) {
    if (!spec.local.path) errors.required('spec.local.path')
    if (!spec.nodeAffinity) errors.required('spec.nodeAffinity', 'Local volume requires node affinity')
  }
  if (spec.csi) {
    if (!spec.csi.driver) errors.required('spec.csi.driver')
    if (!spec.csi.volumeHandle) errors.required('spec.csi.volumeHandle')
  }
}

function validateUpdate(now: PersistentVolume, old: PersistentVolume, errors: FieldErrors): void {
  const [after, before] = [sourceOf(now.spec ?? {}), sourceOf(old.spec ?? {})]
  if (!semanticEqual(after, before)) {
    const difference = describeDifference(before, after)
    const rule = `spec.persistentvolumesource is immutable after creation\n${difference}`
    errors.forbidden('spec.persistentvolumesource', rule)
  }
  if (now.spec?.volumeMode !== old.spec?.volumeMode) {
    errors.invalid('volumeMode', now.spec?.volumeMode, 'field is immutable')
  }
  if (old.spec?.volumeAttributesClassName !== undefined && now.spec?.volumeAttributesClassName === undefined) {
    errors.forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden')
  }
}
