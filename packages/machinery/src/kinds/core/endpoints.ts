/** core/v1 Endpoints: deprecated since v1.33 in favour of EndpointSlice, and still what old clients read. */
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../../api/core-v1.gen.ts'
import { nameIsDnsSubdomain } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import type { Kind } from '../kind.ts'
import { validateEndpointIp } from './endpoint-ip.ts'
import {
  invalidEach,
  protocols,
  validateChoice,
  validateDnsLabel,
  validateIp,
  validatePortNumber,
  validateQualifiedName,
} from './field-rules.ts'

export const endpoints: Kind<Endpoints> = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  deprecated: { since: 'v1.33', use: 'discovery.k8s.io/v1 EndpointSlice' },
  columns: [
    nameColumn,
    {
      name: 'Endpoints',
      type: 'string',
      priority: 0,
      description: 'The first few addresses that are ready.',
      cell: ({ subsets }) => formatEndpoints(subsets),
    },
    ageColumn,
  ],
  setDefaults({ subsets }) {
    for (const subset of subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP'
  },
  strategy: {
    allowCreateOnUpdate: true,
    validate({ subsets }, errors) {
      for (const [i, subset] of (subsets ?? []).entries()) validateSubset(subset, `subsets[${i}]`, errors)
    },
    warnings({ metadata }) {
      // Only the controller that is in charge of the mirror may go on writing it without being told.
      if (metadata?.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller') return []
      return ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice']
    },
  },
  definition: 'io.k8s.api.core.v1.Endpoints',
})

const shown = 3

function formatEndpoints(subsets: readonly EndpointSubset[] | undefined): string {
  if (!subsets?.length) return '<none>'
  const all: string[] = []
  for (const { addresses = [], ports } of subsets) {
    if (!ports?.length) all.push(...addresses.map(({ ip }) => ip))
    for (const { port } of ports ?? []) {
      all.push(...addresses.map(({ ip }) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`))
    }
  }
  const list = all.slice(0, shown).join(',')
  return all.length > shown ? `${list} + ${all.length - shown} more...` : list
}

function validateSubset(subset: EndpointSubset, path: string, errors: FieldErrors): void {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    errors.required(path, 'must specify `addresses` or `notReadyAddresses`')
  }
  for (const [i, address] of addresses.entries()) validateAddress(address, `${path}.addresses[${i}]`, errors)
  for (const [i, address] of notReadyAddresses.entries()) {
    validateAddress(address, `${path}.notReadyAddresses[${i}]`, errors)
  }
  for (const [i, port] of ports.entries()) validatePort(port, ports.length > 1, `${path}.ports[${i}]`, errors)
}

function validateAddress(address: EndpointAddress, path: string, errors: FieldErrors): void {
  const { ip = '', hostname, nodeName } = address
  validateIp(ip, `${path}.ip`, errors)
  if (hostname) validateDnsLabel(hostname, `${path}.hostname`, errors)
  if (nodeName !== undefined) invalidEach(nameIsDnsSubdomain(nodeName, false), nodeName, `${path}.nodeName`, errors)
  validateEndpointIp(ip, `${path}.ip`, errors)
}

function validatePort(port: EndpointPort, needsName: boolean, path: string, errors: FieldErrors): void {
  if (port.name) validateDnsLabel(port.name, `${path}.name`, errors)
  else if (needsName) errors.required(`${path}.name`)
  validatePortNumber(port.port ?? 0, `${path}.port`, errors)
  validateChoice(port.protocol, protocols, `${path}.protocol`, errors)
  if (port.appProtocol !== undefined) validateQualifiedName(port.appProtocol, `${path}.appProtocol`, errors)
}
