/** core/v1 ConfigMap. */
import type { ConfigMap } from '../../api/core-v1.gen.ts'
import { configMapKeyFaults } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import type { Kind } from '../kind.ts'
import { base64Bytes, utf8Bytes } from './data-size.ts'
import { invalidEach } from './field-rules.ts'
import { semanticEqual } from './semantic-equality.ts'

/** core.MaxSecretSize; config maps have the same. */
const maxBytes = 1024 * 1024

export const configMaps: Kind<ConfigMap> = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  columns: [
    nameColumn,
    {
      name: 'Data',
      type: 'string',
      priority: 0,
      description: 'Number of keys.',
      cell: ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    },
    ageColumn,
  ],
  strategy: { validate, validateUpdate },
  definition: 'io.k8s.api.core.v1.ConfigMap',
})

function validate({ data = {}, binaryData = {} }: ConfigMap, errors: FieldErrors): void {
  let size = 0
  for (const key of Object.keys(data)) {
    invalidEach(configMapKeyFaults(key), key, `data[${key}]`, errors)
    if (key in binaryData) errors.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')
    size += utf8Bytes(data[key] ?? '')
  }
  for (const key of Object.keys(binaryData)) {
    invalidEach(configMapKeyFaults(key), key, `binaryData[${key}]`, errors)
    size += base64Bytes(binaryData[key] ?? '')
  }
  if (size > maxBytes) errors.tooLong('[]', maxBytes)
}

function validateUpdate(now: ConfigMap, old: ConfigMap, errors: FieldErrors): void {
  if (!old.immutable) return
  const rule = 'field is immutable when `immutable` is set'
  if (!now.immutable) errors.forbidden('immutable', rule)
  if (!semanticEqual(now.data ?? {}, old.data ?? {})) errors.forbidden('data', rule)
  if (!semanticEqual(now.binaryData ?? {}, old.binaryData ?? {})) errors.forbidden('binaryData', rule)
}
