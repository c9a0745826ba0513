/** storage.k8s.io VolumeAttachment. */
import type { VolumeAttachment } from '../../api/storage-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { booleanColumn, nameTo, textColumn } from '../make-column.ts'
import { statusOnly } from '../with-status.ts'

const columns = nameTo<VolumeAttachment>(
  {
    ...textColumn<VolumeAttachment>('Attacher', 'The driver that attaches.', ({ spec }) => spec?.attacher ?? ''),
    format: 'name',
  },
  textColumn('PV', 'The volume to attach.', ({ spec }) => spec?.source?.persistentVolumeName ?? ''),
  textColumn('Node', 'The node to attach it to.', ({ spec }) => spec?.nodeName ?? ''),
  booleanColumn('Attached', 'Whether it is attached.', ({ status }) => status?.attached),
)

export const volumeAttachments = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
  strategy: { ...statusOnly, allowUnconditionalUpdate: false },
  subresources: { status: {} },
  columns,
  definition: 'io.k8s.api.storage.v1.VolumeAttachment',
})
