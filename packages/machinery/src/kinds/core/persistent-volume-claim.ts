/** core/v1 PersistentVolumeClaim. */
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../api/core-v1.gen.ts'
import { compareQuantities } from '../../quantity/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import { keepStatus } from '../keep-status.ts'
import type { Kind } from '../kind.ts'
import { textColumn } from '../make-column.ts'
import { formatAccessModes } from './access-modes.ts'
import { setClaimSpecDefaults, validateClaimSpec } from './claim-spec.ts'
import { storageClassAnnotation } from './persistent-volume.ts'
import { canonicalizeAmounts, printQuantity, readQuantity } from './resource-amounts.ts'
import { describeDifference, semanticEqual } from './semantic-equality.ts'

export const persistentVolumeClaims: Kind<PersistentVolumeClaim> = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  columns: [
    nameColumn,
    textColumn('Status', 'Phase.', ({ metadata, status }) =>
      metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    textColumn('Volume', 'The volume it is bound to.', ({ spec }) => spec?.volumeName ?? ''),
    textColumn('Capacity', 'Size of that volume.', ({ spec, status }) =>
      spec?.volumeName ? printQuantity(status?.capacity?.['storage'] ?? '0') : '',
    ),
    textColumn('Access Modes', 'How that volume may be mounted.', ({ spec, status }) =>
      spec?.volumeName ? formatAccessModes(status?.accessModes) : '',
    ),
    textColumn('StorageClass', 'Its storage class.', claimClass),
    textColumn(
      'VolumeAttributesClass',
      'Its volume attributes class.',
      ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    ),
    ageColumn,
    textColumn('VolumeMode', 'Filesystem or Block.', ({ spec }) => spec?.volumeMode ?? '<unset>', 1),
  ],
  subresources: { status: { validateUpdate: validateStatusUpdate } },
  setDefaults(claim) {
    claim.status ??= {}
    claim.status.phase ||= 'Pending'
    setClaimSpecDefaults(claim.spec)
    canonicalizeAmounts(claim.status.capacity)
    canonicalizeAmounts(claim.status.allocatedResources)
  },
  strategy: {
    hasGeneration: false,
    prepareForCreate(claim) {
      claim.status = { phase: 'Pending' }
      normalizeSources(claim.spec)
    },
    prepareForUpdate(claim, old) {
      keepStatus(claim, old)
      normalizeSources(claim.spec)
    },
    validate: (claim, errors) => validateClaimSpec(claim.spec ?? {}, 'spec', errors),
    validateUpdate,
  },
  definition: 'io.k8s.api.core.v1.PersistentVolumeClaim',
})

function claimClass({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata?.annotations?.[storageClassAnnotation] ?? spec?.storageClassName ?? ''
}

/** dataSource and dataSourceRef say the same thing where both can. */
function normalizeSources(spec: PersistentVolumeClaimSpec | undefined): void {
  if (!spec || spec.dataSourceRef?.namespace) return
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource }
  else if (spec.dataSourceRef && !spec.dataSource) {
    const { namespace: _, ...source } = spec.dataSourceRef
    spec.dataSource = source
  }
}

function validateUpdate(now: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: FieldErrors): void {
  const before: PersistentVolumeClaimSpec = { ...old.spec }
  const after: PersistentVolumeClaimSpec = { ...now.spec }
  normalizeSources(before)
  // Binding names the volume, and a class may be given to a claim that has none: once.
  if (!before.volumeName) delete after.volumeName
  if (!before.volumeName) delete before.volumeName
  if (before.storageClassName === undefined && after.storageClassName !== undefined) {
    const annotated = old.metadata?.annotations?.[storageClassAnnotation]
    if (annotated === undefined || annotated === after.storageClassName) delete after.storageClassName
  }
  if (old.status?.phase === 'Bound') {
    for (const spec of [before, after]) {
      delete spec.volumeAttributesClassName
      spec.resources = { ...spec.resources, requests: { ...spec.resources?.requests, storage: '0' } }
    }
  }
  if (!semanticEqual(after, before)) {
    const rule =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
    errors.forbidden('spec', `${rule}\n${describeDifference(before, after)}`)
  }
  validateSize(now, old, errors)
  if ((now.spec?.volumeMode ?? '') !== (old.spec?.volumeMode ?? '')) {
    errors.invalid('volumeMode', now.spec?.volumeMode, 'field is immutable')
  }
}

/** A claim may shrink again after an expansion that failed (KEP-1790), never below what it has. */
function validateSize(now: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: FieldErrors): void {
  const wanted = readQuantity(now.spec?.resources?.requests?.['storage'])
  const before = readQuantity(old.spec?.resources?.requests?.['storage'])
  if (!wanted || !before || compareQuantities(wanted, before) >= 0) return
  const has = readQuantity(old.status?.capacity?.['storage']) ?? '0'
  if (compareQuantities(wanted, has) <= 0) {
    errors.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')
  }
}

function validateStatusUpdate(now: PersistentVolumeClaim, _old: PersistentVolumeClaim, errors: FieldErrors): void {
  for (const [name, amount] of Object.entries(now.status?.capacity ?? {})) {
    const read = readQuantity(amount)
    if (read && read.mantissa < 0n) {
      errors.invalid(`status.capacity[${name}]`, printQuantity(read), 'must be a valid resource quantity')
    }
  }
}
