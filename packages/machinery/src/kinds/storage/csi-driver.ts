/** storage.k8s.io CSIDriver. */
import type { CSIDriver } from '../../api/storage-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { booleanColumn, nameTo, textColumn } from '../make-column.ts'

/** SetDefaults_CSIDriver. */
function setDefaults({ spec }: CSIDriver): void {
  if (!spec) return
  spec.attachRequired ??= true
  spec.podInfoOnMount ??= false
  spec.storageCapacity ??= false
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent']
  spec.requiresRepublish ??= false
  spec.seLinuxMount ??= false
}

const columns = nameTo<CSIDriver>(
  booleanColumn(
    'AttachRequired',
    'Whether volumes must be attached before use.',
    ({ spec }) => spec?.attachRequired ?? true,
  ),
  booleanColumn(
    'PodInfoOnMount',
    'Whether the driver is told of the pod when it mounts.',
    ({ spec }) => spec?.podInfoOnMount,
  ),
  booleanColumn(
    'StorageCapacity',
    'Whether the scheduler considers the capacity.',
    ({ spec }) => spec?.storageCapacity,
  ),
  textColumn('TokenRequests', 'Audiences of the tokens that the driver gets.', ({ spec }) =>
    spec?.tokenRequests ? spec.tokenRequests.map(request => request.audience).join(',') : '<unset>',
  ),
  booleanColumn(
    'RequiresRepublish',
    'Whether volumes are published again from time to time.',
    ({ spec }) => spec?.requiresRepublish,
  ),
  textColumn(
    'Modes',
    'Life cycles of volumes that the driver knows.',
    ({ spec }) => (spec?.volumeLifecycleModes ?? []).join(',') || '<none>',
  ),
)

export const csiDrivers = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  namespaced: false,
  columns,
  setDefaults,
  strategy: { allowUnconditionalUpdate: false },
  definition: 'io.k8s.api.storage.v1.CSIDriver',
})
