/** networking.k8s.io IPAddress. */
import type { IPAddress } from '../../api/networking-v1.gen.ts'
import type { IPAddress as IPAddressV1beta1 } from '../../api/networking-v1beta1.gen.ts'
import { type Column, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import { textColumn } from '../make-column.ts'
import { storedAs } from '../stored-as.ts'

/** Without an age, as upstream defines them. */
const columns: readonly Column<IPAddress>[] = [
  nameColumn,
  textColumn('ParentRef', 'The object that holds the address.', ({ spec }) => {
    const parent = spec?.parentRef
    if (!parent) return '<none>'
    const resource = parent.group ? `${parent.resource}.${parent.group}` : (parent.resource ?? '')
    const place = parent.namespace ? `/${parent.namespace}` : ''
    return `${resource.toLowerCase()}${place}/${parent.name ?? ''}`
  }),
]

const shared = {
  group: 'networking.k8s.io',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  namespaced: false,
  shortNames: ['ip'],
  columns,
} as const

export const ipAddresses = defineKind<IPAddress>({
  ...shared,
  version: 'v1',
  definition: 'io.k8s.api.networking.v1.IPAddress',
})

export const ipAddressesV1beta1 = defineKind<IPAddressV1beta1>({
  ...shared,
  version: 'v1beta1',
  storage: storedAs<IPAddressV1beta1>(ipAddresses, 'v1beta1'),
  definition: 'io.k8s.api.networking.v1beta1.IPAddress',
})
