/** apps/v1 ControllerRevision: a template as it once was. Its data never changes. */
import type { ControllerRevision } from '../../api/apps-v1.gen.ts'
import { validateImmutable, validateNonNegative } from '../../names/index.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, numberColumn, textColumn } from '../make-column.ts'

export const controllerRevisions = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  columns: nameTo<ControllerRevision>(
    textColumn('Controller', 'What the revision belongs to.', ({ metadata }) => {
      const owner = metadata?.ownerReferences?.find(reference => reference.controller === true)
      if (!owner) return '<none>'
      const [group = ''] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : []
      return `${owner.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${owner.name}`
    }),
    numberColumn('Revision', 'Its place in history.', object => object.revision, 'string'),
  ),
  strategy: {
    validate: ({ revision, data }, errors) => {
      validateNonNegative(revision, 'revision', errors)
      if (data === undefined || data === null) errors.required('data', 'data is mandatory')
      else if (typeof data !== 'object' || Array.isArray(data)) {
        errors.required('data', 'data must be a valid JSON object')
      }
    },
    validateUpdate: (object, old, errors) => validateImmutable(object.data, old.data, 'data', errors),
  },
  definition: 'io.k8s.api.apps.v1.ControllerRevision',
})
