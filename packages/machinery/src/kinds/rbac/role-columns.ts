/** What roles show: upstream prints their creation as a point in time. */

import { type Column, nameColumn } from '../../table/index.ts'
import type { KubeObject } from '../kind.ts'
import { textColumn } from '../make-column.ts'

export const roleColumns: readonly Column<KubeObject>[] = [
  nameColumn,
  {
    ...textColumn<KubeObject>('Created At', 'When the object was created.', o => o.metadata?.creationTimestamp ?? ''),
    type: 'date',
  },
]
