/**
 * Options of writes from the URL: CreateOptions, UpdateOptions, PatchOptions, checked as
 * k8s.io/apimachinery/pkg/apis/meta/v1/validation does.
 */
import { FieldErrors, invalid } from '@petrel/machinery/status'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: FieldValidation
}

export function parseWriteOptions(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): WriteOptions {
  if (query.size === 0) return defaults
  const errors = new FieldErrors()
  const dryRun = query.getAll('dryRun')
  checkDryRun(dryRun, errors)
  const fieldManager = query.get('fieldManager') ?? ''
  if (Buffer.byteLength(fieldManager) > 128) errors.tooLong('fieldManager', 128)
  const bad = [...fieldManager].findIndex(character => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character))
  if (bad >= 0) errors.invalid('fieldManager', fieldManager, 'should only contain printable characters')
  const fieldValidation = query.get('fieldValidation') || 'Warn'
  if (!isFieldValidation(fieldValidation)) {
    errors.notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn'])
  }
  if (!errors.empty) throw invalid({ group: 'meta.k8s.io', kind }, '', errors)
  return { dryRun: dryRun.length > 0, fieldManager, fieldValidation: fieldValidation as FieldValidation }
}

const defaults: WriteOptions = { dryRun: false, fieldManager: '', fieldValidation: 'Warn' }

function isFieldValidation(text: string): text is FieldValidation {
  return text === 'Ignore' || text === 'Warn' || text === 'Strict'
}

/** `All` is the only stage there is. */
export function checkDryRun(stages: readonly string[], errors: FieldErrors): void {
  if (stages.some(stage => stage !== 'All')) errors.notSupported('dryRun', stages, ['All'])
}
