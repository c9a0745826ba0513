/** core/v1 Namespace. Its spec.finalizers are emptied through `finalize` alone, by whoever has cleaned up. */
import type { Namespace } from '../../api/core-v1.gen.ts'
import { nameIsDnsLabel, qualifiedNameFaults } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import type { Kind } from '../kind.ts'
import { invalidEach } from './field-rules.ts'

const nameLabel = 'kubernetes.io/metadata.name'
const finalizer = 'kubernetes'

export const namespaces: Kind<Namespace> = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  columns: [
    nameColumn,
    {
      name: 'Status',
      type: 'string',
      priority: 0,
      description: 'Whether the namespace is in use or going away.',
      cell: namespace => namespace.status?.phase ?? '',
    },
    ageColumn,
  ],
  selectableFields: { 'status.phase': namespace => namespace.status?.phase ?? '' },
  subresources: {
    status: { validateUpdate: validateStatusUpdate },
    others: { finalize: { kind: 'Namespace', verbs: ['update'] } },
  },
  setDefaults(namespace) {
    setNameLabel(namespace)
    namespace.status ??= {}
    namespace.status.phase ||= 'Active'
  },
  strategy: {
    hasGeneration: false,
    validateName: nameIsDnsLabel,
    prepareForCreate(namespace) {
      // Once more: a generated name was not known when defaults were set.
      setNameLabel(namespace)
      namespace.status = { phase: 'Active' }
      const others = (namespace.spec?.finalizers ?? []).filter(name => name !== finalizer)
      namespace.spec = { ...namespace.spec, finalizers: [...others, finalizer] }
    },
    prepareForUpdate(namespace, old) {
      setNameLabel(namespace)
      if (old.spec?.finalizers) namespace.spec = { ...namespace.spec, finalizers: [...old.spec.finalizers] }
      else delete namespace.spec?.finalizers
      if (old.status) namespace.status = old.status
    },
    validate(namespace, errors) {
      for (const name of namespace.spec?.finalizers ?? []) validateFinalizer(name, 'spec.finalizers', errors)
    },
  },
  definition: 'io.k8s.api.core.v1.Namespace',
})

/** The `finalize` view: everything but status may change. */
export const namespaceFinalizeView = {
  prepareForUpdate(namespace: Namespace, old: Namespace): void {
    if (old.status) namespace.status = old.status
    else delete namespace.status
  },
  validateUpdate(namespace: Namespace, _old: Namespace, errors: FieldErrors): void {
    for (const [i, name] of (namespace.spec?.finalizers ?? []).entries()) {
      validateFinalizer(name, `spec.finalizers[${i}]`, errors)
    }
  },
}

function setNameLabel({ metadata }: Namespace): void {
  if (!metadata?.name) return
  metadata.labels ??= {}
  metadata.labels[nameLabel] = metadata.name
}

const standardFinalizers = [finalizer, 'orphan', 'foregroundDeletion']

function validateFinalizer(name: string, path: string, errors: FieldErrors): void {
  invalidEach(qualifiedNameFaults(name), name, path, errors)
  if (!name.includes('/') && !standardFinalizers.includes(name)) {
    errors.invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified')
  }
}

function validateStatusUpdate({ metadata, status }: Namespace, _old: Namespace, errors: FieldErrors): void {
  const phase = status?.phase ?? ''
  if (!metadata?.deletionTimestamp) {
    if (phase !== 'Active') {
      errors.invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")
    }
  } else if (phase !== 'Terminating') {
    errors.invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")
  }
}
