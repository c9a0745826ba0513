/** discovery.k8s.io EndpointSlice, after pkg/apis/discovery and pkg/registry/discovery. */
import type { EndpointPort, EndpointSlice } from '../../api/discovery-v1.gen.ts'
import { dns1123LabelFaults, qualifiedNameFaults, validateImmutable } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { invalidEach, protocols, semanticEqual } from '../core/index.ts'
import { defineKind } from '../define-kind.ts'
import { firstOf, nameTo, textColumn } from '../make-column.ts'
import { validateEndpoints } from './endpoint-rules.ts'

const maxPorts = 20_000
const maxShown = 3
const addressTypes = ['FQDN', 'IPv4', 'IPv6']

const columns = nameTo<EndpointSlice>(
  textColumn('AddressType', 'The family of the addresses.', object => object.addressType),
  textColumn('Ports', 'The ports of every endpoint.', ({ ports }) =>
    firstOf(
      (ports ?? []).map(port => String(port.port ?? port.name ?? '*')),
      maxShown,
    ),
  ),
  textColumn('Endpoints', 'The addresses.', ({ endpoints }) =>
    firstOf(
      (endpoints ?? []).flatMap(endpoint => endpoint.addresses ?? []),
      maxShown,
    ),
  ),
)

export const endpointSlices = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  columns,
  setDefaults: ({ ports }) => {
    for (const port of ports ?? []) {
      port.name ??= ''
      port.protocol ??= 'TCP'
    }
  },
  strategy: {
    hasGeneration: true,
    // Everything is spec here, labels of the object included.
    changesGeneration: (object, old) =>
      object.addressType !== old.addressType ||
      !semanticEqual(object.endpoints, old.endpoints) ||
      !semanticEqual(object.ports, old.ports) ||
      !semanticEqual(object.metadata?.labels, old.metadata?.labels),
    validate: (object, errors) => {
      const { addressType = '', ports = [], endpoints = [] } = object
      if (addressType === '') errors.required('addressType')
      else if (!addressTypes.includes(addressType)) errors.notSupported('addressType', addressType, addressTypes)
      validatePorts(ports ?? [], errors)
      validateEndpoints(endpoints ?? [], addressType, errors)
    },
    validateUpdate: (object, old, errors) => {
      validateImmutable(object.addressType, old.addressType, 'addressType', errors)
    },
    warnings: ({ addressType }, old) =>
      !old && addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : [],
  },
  definition: 'io.k8s.api.discovery.v1.EndpointSlice',
})

function validatePorts(ports: readonly EndpointPort[], errors: FieldErrors): void {
  if (ports.length > maxPorts) {
    errors.tooMany('ports', ports.length, maxPorts)
    return
  }
  const seen = new Set<string>()
  for (const [i, { name = '', protocol, appProtocol }] of ports.entries()) {
    const path = `ports[${i}]`
    if (name !== '') invalidEach(dns1123LabelFaults(name), name, `${path}.name`, errors)
    if (seen.has(name)) errors.duplicate(`${path}.name`, name)
    seen.add(name)
    if (protocol === undefined) errors.required(`${path}.protocol`)
    else if (!protocols.some(known => known === protocol)) errors.notSupported(`${path}.protocol`, protocol, protocols)
    if (appProtocol !== undefined)
      invalidEach(qualifiedNameFaults(appProtocol), appProtocol, `${path}.appProtocol`, errors)
  }
}
