/** storage.k8s.io StorageClass, after pkg/apis/storage. Only labels, annotations and expansion may change. */
import type { StorageClass } from '../../api/storage-v1.gen.ts'
import { qualifiedNameFaults, validateImmutable } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, type Column } from '../../table/index.ts'
import { invalidEach } from '../core/index.ts'
import { defineKind } from '../define-kind.ts'
import { booleanColumn, textColumn } from '../make-column.ts'

const isDefault = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']
const maxParameters = 512
const maxParameterBytes = 256 * 1024

const columns: readonly Column<StorageClass>[] = [
  {
    ...textColumn<StorageClass>('Name', 'Name of the object, and whether it is the default.', ({ metadata }) => {
      const mark = isDefault.some(key => metadata?.annotations?.[key] === 'true') ? ' (default)' : ''
      return `${metadata?.name ?? ''}${mark}`
    }),
    format: 'name',
  },
  textColumn('Provisioner', 'Who makes the volumes.', object => object.provisioner),
  textColumn('ReclaimPolicy', 'What becomes of a volume after its claim.', object => object.reclaimPolicy ?? 'Delete'),
  textColumn('VolumeBindingMode', 'When volumes are made.', object => object.volumeBindingMode ?? 'Immediate'),
  booleanColumn('AllowVolumeExpansion', 'Whether claims may grow.', object => object.allowVolumeExpansion, 'string'),
  ageColumn,
]

export const storageClasses = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
  shortNames: ['sc'],
  columns,
  setDefaults: object => {
    object.reclaimPolicy ??= 'Delete'
    object.volumeBindingMode ??= 'Immediate'
  },
  strategy: {
    validate,
    validateUpdate: (object, old, errors) => {
      for (const field of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const) {
        validateImmutable(object[field], old[field], field, errors)
      }
    },
  },
  definition: 'io.k8s.api.storage.v1.StorageClass',
})

function validate(object: StorageClass, errors: FieldErrors): void {
  const { provisioner = '', parameters = {}, reclaimPolicy, volumeBindingMode } = object
  if (provisioner === '') errors.required('provisioner')
  else invalidEach(qualifiedNameFaults(provisioner.toLowerCase()), provisioner.toLowerCase(), 'provisioner', errors)
  const entries = Object.entries(parameters)
  if (entries.length > maxParameters) errors.tooLong('parameters', maxParameters)
  else {
    for (const [key] of entries) if (key === '') errors.invalid('parameters', key, 'field can not be empty.')
    const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
    if (size > maxParameterBytes) errors.tooLong('parameters', maxParameterBytes)
  }
  if (reclaimPolicy && reclaimPolicy !== 'Delete' && reclaimPolicy !== 'Retain') {
    errors.notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain'])
  }
  if (!volumeBindingMode) errors.required('volumeBindingMode')
  else if (volumeBindingMode !== 'Immediate' && volumeBindingMode !== 'WaitForFirstConsumer') {
    errors.notSupported('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer'])
  }
}
