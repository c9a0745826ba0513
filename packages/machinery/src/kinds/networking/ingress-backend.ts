/** Where an ingress sends requests: a service and its port, or some other object. */
import type { TypedLocalObjectReference } from '../../api/core-v1.gen.ts'
import type { IngressBackend } from '../../api/networking-v1.gen.ts'
import {
  dns1123SubdomainFaults,
  nameIsDnsLabel,
  pathSegmentNameFaults,
  portNameFaults,
  portNumberFaults,
} from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { invalidEach } from '../core/index.ts'

export function validateBackend(backend: IngressBackend, path: string, errors: FieldErrors): void {
  const { service, resource } = backend
  if (resource && service) errors.invalid(path, '', 'cannot set both resource and service backends')
  else if (resource) validateResource(resource, `${path}.resource`, errors)
  else if (service) validateService(service, path, errors)
  else errors.invalid(path, '', 'resource or service backend is required')
}

function validateResource(resource: TypedLocalObjectReference, path: string, errors: FieldErrors): void {
  const { apiGroup } = resource
  if (apiGroup !== undefined) invalidEach(dns1123SubdomainFaults(apiGroup), apiGroup, `${path}.apiGroup`, errors)
  for (const field of ['kind', 'name'] as const) {
    const value = resource[field] ?? ''
    if (value === '') errors.required(`${path}.${field}`)
    else invalidEach(pathSegmentNameFaults(value), value, `${path}.${field}`, errors)
  }
}

function validateService(service: NonNullable<IngressBackend['service']>, path: string, errors: FieldErrors): void {
  const at = `${path}.service`
  if (!service.name) errors.required(`${at}.name`)
  // RelaxedServiceNameValidation: services may begin with a digit.
  else invalidEach(nameIsDnsLabel(service.name, false), service.name, `${at}.name`, errors)
  const { name = '', number = 0 } = service.port ?? {}
  if (name !== '' && number !== 0) errors.invalid(path, '', 'cannot set both port name & port number')
  else if (name !== '') invalidEach(portNameFaults(name), name, `${at}.port.name`, errors)
  else if (number !== 0) invalidEach(portNumberFaults(number), number, `${at}.port.number`, errors)
  else errors.required(path, 'port name or number is required')
}
