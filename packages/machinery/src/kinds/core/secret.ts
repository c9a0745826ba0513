/** core/v1 Secret. Messages never contain data. */
import type { Secret } from '../../api/core-v1.gen.ts'
import { configMapKeyFaults } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import type { Kind } from '../kind.ts'
import { base64Bytes, fromBase64, toBase64 } from './data-size.ts'
import { invalidEach } from './field-rules.ts'
import { semanticEqual } from './semantic-equality.ts'

const maxBytes = 1024 * 1024

export const secrets: Kind<Secret> = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  columns: [
    nameColumn,
    {
      name: 'Type',
      type: 'string',
      priority: 0,
      description: 'What the secret is for.',
      cell: secret => secret.type ?? '',
    },
    {
      name: 'Data',
      type: 'string',
      priority: 0,
      description: 'Number of keys.',
      cell: ({ data = {} }) => Object.keys(data).length,
    },
    ageColumn,
  ],
  selectableFields: { type: secret => secret.type ?? '' },
  setDefaults(secret) {
    takeStringData(secret)
    secret.type ||= 'Opaque'
  },
  strategy: { validate, validateUpdate },
  definition: 'io.k8s.api.core.v1.Secret',
})

/** stringData is write-only and wins over data. */
function takeStringData(secret: Secret): void {
  if (!secret.stringData) return
  for (const [key, text] of Object.entries(secret.stringData)) {
    secret.data ??= {}
    secret.data[key] = toBase64(text)
  }
  delete secret.stringData
}

/** Keys without which a secret of a type makes no sense. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}
const serviceAccountName = 'kubernetes.io/service-account.name'

function validate({ data = {}, type = '', metadata }: Secret, errors: FieldErrors): void {
  let size = 0
  for (const key of Object.keys(data)) {
    invalidEach(configMapKeyFaults(key), key, `data[${key}]`, errors)
    size += base64Bytes(data[key] ?? '')
  }
  if (size > maxBytes) errors.tooLong('data', maxBytes)
  for (const key of requiredKeys[type] ?? []) if (!(key in data)) errors.required(`data[${key}]`)
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata?.annotations?.[serviceAccountName]) errors.required(`metadata.annotations[${serviceAccountName}]`)
      break
    case 'kubernetes.io/dockercfg':
      validateJsonObject(data, '.dockercfg', errors)
      break
    case 'kubernetes.io/dockerconfigjson':
      validateJsonObject(data, '.dockerconfigjson', errors)
      break
    case 'kubernetes.io/basic-auth':
      if ('username' in data || 'password' in data) break
      errors.required('data[username]')
      errors.required('data[password]')
      break
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.required('data[ssh-privatekey]')
      break
  }
}

function validateJsonObject(data: Readonly<Record<string, string>>, key: string, errors: FieldErrors): void {
  const encoded = data[key]
  if (encoded === undefined) return
  const redacted = '<secret contents redacted>'
  const text = fromBase64(encoded)
  if (text === undefined) {
    errors.invalid(`data[${key}]`, redacted, 'must be UTF-8')
    return
  }
  if (text === '') {
    errors.invalid(`data[${key}]`, redacted, 'unexpected end of JSON input')
    return
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && !Array.isArray(value)) return
  } catch {
    // The parser's own message would quote the secret.
  }
  errors.invalid(`data[${key}]`, redacted, 'must be a JSON object')
}

function validateUpdate(now: Secret, old: Secret, errors: FieldErrors): void {
  if ((now.type ?? '') !== (old.type ?? '')) errors.invalid('type', now.type ?? '', 'field is immutable')
  if (!old.immutable) return
  const rule = 'field is immutable when `immutable` is set'
  if (!now.immutable) errors.forbidden('immutable', rule)
  if (!semanticEqual(now.data ?? {}, old.data ?? {})) errors.forbidden('data', rule)
}
