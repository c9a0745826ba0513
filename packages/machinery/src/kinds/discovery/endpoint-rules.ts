/** The rules of the endpoints of a slice: validateEndpoints of pkg/apis/discovery/validation. */
import type { Endpoint, EndpointHints } from '../../api/discovery-v1.gen.ts'
import {
  dns1123LabelFaults,
  dns1123SubdomainFaults,
  formatIp,
  labelValueFaults,
  legacyIpFaults,
  parseIp,
  validateLabels,
} from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { invalidEach, validateEndpointIp } from '../core/index.ts'

const maxEndpoints = 1000
const maxAddresses = 100
const maxHints = 8
const maxTopologyLabels = 16

export function validateEndpoints(endpoints: readonly Endpoint[], addressType: string, errors: FieldErrors): void {
  if (endpoints.length > maxEndpoints) {
    errors.tooMany('endpoints', endpoints.length, maxEndpoints)
    return
  }
  for (const [i, endpoint] of endpoints.entries()) validateEndpoint(endpoint, addressType, `endpoints[${i}]`, errors)
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: string, errors: FieldErrors): void {
  const { addresses = [], nodeName, deprecatedTopology = {}, hostname, hints } = endpoint
  if (addresses.length === 0) errors.required(`${path}.addresses`, 'must contain at least 1 address')
  else if (addresses.length > maxAddresses) errors.tooMany(`${path}.addresses`, addresses.length, maxAddresses)
  for (const [i, address] of addresses.entries()) {
    const at = `${path}.addresses[${i}]`
    if (addressType === 'FQDN') validateDomainName(address, at, errors)
    else if (addressType === 'IPv4' || addressType === 'IPv6')
      validateAddress(address, addressType, `${path}.addresses`, at, errors)
  }
  if (nodeName !== undefined) invalidEach(dns1123SubdomainFaults(nodeName), nodeName, `${path}.nodeName`, errors)
  const labels = Object.keys(deprecatedTopology).length
  if (labels > maxTopologyLabels) errors.tooMany(`${path}.deprecatedTopology`, labels, maxTopologyLabels)
  validateLabels(deprecatedTopology, `${path}.deprecatedTopology`, errors)
  if (hostname !== undefined) invalidEach(dns1123LabelFaults(hostname), hostname, `${path}.hostname`, errors)
  if (hints) validateHints(hints, `${path}.hints`, errors)
}

function validateAddress(text: string, type: string, listPath: string, path: string, errors: FieldErrors): void {
  const faults = legacyIpFaults(text)
  const ip = parseIp(text)
  if (faults.length > 0 || !ip) {
    invalidEach(faults, text, path, errors)
    return
  }
  if (type === 'IPv6' && formatIp(ip) !== text) {
    errors.invalid(path, text, `must be in canonical form (${JSON.stringify(formatIp(ip))})`)
    return
  }
  if (type === 'IPv4' && ip.family !== 4) errors.invalid(listPath, text, 'must be an IPv4 address')
  if (type === 'IPv6' && ip.family !== 6) errors.invalid(listPath, text, 'must be an IPv6 address')
  validateEndpointIp(text, path, errors)
}

/** IsFullyQualifiedDomainName. */
function validateDomainName(text: string, path: string, errors: FieldErrors): void {
  if (text === '') {
    errors.required(path)
    return
  }
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  const faults = dns1123SubdomainFaults(name)
  if (faults.length > 0) errors.invalid(path, name, faults.join(','))
  else if (!name.includes('.')) {
    errors.invalid(path, name, 'should be a domain with at least two segments separated by dots')
  } else {
    const label = name.split('.').find(part => dns1123LabelFaults(part).length > 0)
    if (label !== undefined) errors.invalid(path, label, dns1123LabelFaults(label).join(','))
  }
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, path: string, errors: FieldErrors): void {
  for (const [field, list, rule] of [
    ['forZones', forZones, labelValueFaults],
    ['forNodes', forNodes, dns1123SubdomainFaults],
  ] as const) {
    const at = `${path}.${field}`
    if (list.length > maxHints) {
      errors.tooMany(at, list.length, maxHints)
      return
    }
    for (const [i, { name }] of list.entries()) {
      if (list.findIndex(other => other.name === name) < i) errors.duplicate(`${at}[${i}].name`, name)
      invalidEach(rule(name), name, `${at}[${i}].name`, errors)
    }
  }
}
