/** The spec of a persistent volume claim, in claims and in templates of claims. */
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../../api/core-v1.gen.ts'
import {
  dns1123LabelFaults,
  dns1123SubdomainFaults,
  nameIsDnsSubdomain,
  validateAnnotations,
  validateLabels,
} from '../../names/index.ts'
import { validateLabelSelector } from '../../selectors/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { validateAccessModes } from './access-modes.ts'
import { invalidEach, validateOptionalChoice } from './field-rules.ts'
import { canonicalizeAmounts, validatePositiveAmount } from './resource-amounts.ts'
import { semanticEqual } from './semantic-equality.ts'

export const volumeModes = ['Block', 'Filesystem']

export function setClaimSpecDefaults(spec: PersistentVolumeClaimSpec | undefined): void {
  if (!spec) return
  spec.volumeMode ??= 'Filesystem'
  canonicalizeAmounts(spec.resources?.limits)
  canonicalizeAmounts(spec.resources?.requests)
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: string, errors: FieldErrors): void {
  if (!spec.accessModes?.length) errors.required(`${path}.accessModes`, 'at least 1 access mode is required')
  if (spec.selector) validateLabelSelector(spec.selector, `${path}.selector`, errors)
  validateAccessModes(spec.accessModes, `${path}.accessModes`, errors)
  const storage = spec.resources?.requests?.['storage']
  if (storage === undefined) errors.required(`${path}.resources[storage]`)
  else validatePositiveAmount(storage, `${path}.resources[storage]`, errors)
  for (const field of ['storageClassName', 'volumeAttributesClassName'] as const) {
    const name = spec[field]
    if (name) invalidEach(nameIsDnsSubdomain(name, false), name, `${path}.${field}`, errors)
  }
  validateOptionalChoice(spec.volumeMode, volumeModes, `${path}.volumeMode`, errors)
  const { dataSource, dataSourceRef } = spec
  if (dataSource) validateDataSource(dataSource, `${path}.dataSource`, errors)
  if (dataSourceRef) {
    validateDataSource(dataSourceRef, `${path}.dataSourceRef`, errors)
    const namespace = dataSourceRef.namespace
    if (namespace) invalidEach(dns1123LabelFaults(namespace), namespace, `${path}.dataSourceRef.namespace`, errors)
  }
  if (!dataSource || !dataSourceRef) return
  if (dataSourceRef.namespace) {
    errors.invalid(path, `${path}.dataSource`, 'may not be specified when dataSourceRef.namespace is specified')
  } else if (!semanticEqual(dataSource, dataSourceRef)) {
    errors.invalid(path, `${path}.dataSource`, 'must match dataSourceRef')
  }
}

function validateDataSource(
  source: TypedLocalObjectReference | TypedObjectReference,
  path: string,
  errors: FieldErrors,
): void {
  if (!source.name) errors.required(`${path}.name`)
  if (!source.kind) errors.required(`${path}.kind`)
  if (source.apiGroup) invalidEach(dns1123SubdomainFaults(source.apiGroup), source.apiGroup, `${path}.apiGroup`, errors)
  else if (source.kind !== 'PersistentVolumeClaim') {
    errors.invalid(path, source.kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
  }
}

/** Of a template's metadata only labels and annotations count. */
export function validateClaimTemplate(
  template: PersistentVolumeClaimTemplate,
  path: string,
  errors: FieldErrors,
): void {
  const { labels, annotations, ...rest } = template.metadata ?? {}
  validateAnnotations(annotations, `${path}.metadata.annotations`, errors)
  validateLabels(labels, `${path}.metadata.labels`, errors)
  for (const [field, value] of Object.entries(rest)) {
    if (value !== undefined && value !== null) errors.forbidden(`${path}.metadata.${field}`, 'cannot be set')
  }
  validateClaimSpec(template.spec ?? {}, `${path}.spec`, errors)
}
