/** networking.k8s.io IngressClass, after pkg/apis/networking. */
import type { IngressClass, IngressClassParametersReference } from '../../api/networking-v1.gen.ts'
import {
  dns1123SubdomainFaults,
  httpPathFaults,
  nameIsDnsLabel,
  pathSegmentNameFaults,
  validateImmutable,
} from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, type Column } from '../../table/index.ts'
import { invalidEach } from '../core/index.ts'
import { defineKind } from '../define-kind.ts'
import { textColumn } from '../make-column.ts'

const isDefault = 'ingressclass.kubernetes.io/is-default-class'
const maxControllerBytes = 250

const columns: readonly Column<IngressClass>[] = [
  {
    ...textColumn<IngressClass>('Name', 'Name of the object, and whether it is the default.', ({ metadata }) => {
      const mark = metadata?.annotations?.[isDefault] === 'true' ? ' (default)' : ''
      return `${metadata?.name ?? ''}${mark}`
    }),
    format: 'name',
  },
  textColumn('Controller', 'The controller that serves the class.', ({ spec }) => spec?.controller ?? ''),
  textColumn('Parameters', 'An object with more parameters.', ({ spec }) => {
    const parameters = spec?.parameters
    if (!parameters) return '<none>'
    return `${parameters.kind}${parameters.apiGroup === undefined ? '' : `.${parameters.apiGroup}`}/${parameters.name}`
  }),
  ageColumn,
]

export const ingressClasses = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
  columns,
  setDefaults: ({ spec }) => {
    if (spec?.parameters) spec.parameters.scope ??= 'Cluster'
  },
  strategy: {
    hasGeneration: true,
    validate: ({ spec }, errors) => {
      validateController(spec?.controller ?? '', errors)
      if (spec?.parameters) validateParameters(spec.parameters, errors)
    },
    validateUpdate: ({ spec }, old, errors) => {
      validateImmutable(spec?.controller, old.spec?.controller, 'spec.controller', errors)
    },
  },
  definition: 'io.k8s.api.networking.v1.IngressClass',
})

function validateController(controller: string, errors: FieldErrors): void {
  const path = 'spec.controller'
  if (controller.length > maxControllerBytes) errors.tooLong(path, maxControllerBytes)
  if (controller === '') {
    errors.required(path)
    return
  }
  const slash = controller.indexOf('/')
  const host = controller.slice(0, Math.max(slash, 0))
  const rest = controller.slice(slash + 1)
  if (host === '' || rest === '') {
    errors.invalid(path, controller, 'must be a domain-prefixed path (such as "acme.io/foo")')
    return
  }
  invalidEach(dns1123SubdomainFaults(host), host, path, errors)
  invalidEach(httpPathFaults(rest), rest, path, errors)
}

function validateParameters(parameters: IngressClassParametersReference, errors: FieldErrors): void {
  const path = 'spec.parameters'
  const { apiGroup, scope = '', namespace } = parameters
  if (apiGroup !== undefined) invalidEach(dns1123SubdomainFaults(apiGroup), apiGroup, `${path}.apiGroup`, errors)
  for (const field of ['kind', 'name'] as const) {
    const value = parameters[field] ?? ''
    if (value === '') errors.required(`${path}.${field}`)
    else invalidEach(pathSegmentNameFaults(value), value, `${path}.${field}`, errors)
  }
  if (scope === '') errors.required(`${path}.scope`)
  else if (scope === 'Namespace') {
    if (namespace === undefined) errors.required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")
    else invalidEach(nameIsDnsLabel(namespace, false), namespace, `${path}.namespace`, errors)
  } else if (scope !== 'Cluster') {
    errors.notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace'])
  } else if (namespace !== undefined) {
    errors.forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'")
  }
}
