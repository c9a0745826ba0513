/**
 * Faults found in one object, collected and reported together, in the words of
 * k8s.io/apimachinery/pkg/util/validation/field. A path is written as upstream writes it: `spec.containers[0].name`,
 * `metadata.labels[a/b]`.
 */
export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueNotFound'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError'

export interface FieldError {
  readonly reason: FieldErrorReason
  readonly field: string
  /** As in Status.details.causes: the words without the path. */
  readonly message: string
}

export class FieldErrors {
  readonly list: FieldError[] = []

  get empty(): boolean {
    return this.list.length === 0
  }

  required(field: string, detail = ''): void {
    this.#add('FieldValueRequired', field, 'Required value', detail)
  }

  invalid(field: string, value: unknown, detail: string): void {
    this.#add('FieldValueInvalid', field, `Invalid value: ${describe(value)}`, detail)
  }

  typeInvalid(field: string, value: unknown, detail: string): void {
    this.#add('FieldValueTypeInvalid', field, `Invalid value: ${describe(value)}`, detail)
  }

  /** The list is printed in the order given: upstream sorts some (its sets) and keeps others. */
  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    const list = supported.map(s => JSON.stringify(s)).join(', ')
    this.#add('FieldValueNotSupported', field, `Unsupported value: ${describe(value)}`, `supported values: ${list}`)
  }

  forbidden(field: string, detail: string): void {
    this.#add('FieldValueForbidden', field, 'Forbidden', detail)
  }

  duplicate(field: string, value: unknown, detail = ''): void {
    this.#add('FieldValueDuplicate', field, `Duplicate value: ${describe(value)}`, detail)
  }

  notFound(field: string, value: unknown, detail = ''): void {
    this.#add('FieldValueNotFound', field, `Not found: ${describe(value)}`, detail)
  }

  /** `unit` is what the bound counts. */
  tooLong(field: string, maxBytes: number): void {
    this.#add('FieldValueTooLong', field, 'Too long', `may not be more than ${maxBytes} bytes`)
  }

  tooMany(field: string, actual: number, max: number): void {
    this.#add('FieldValueTooMany', field, `Too many: ${actual}`, `must have at most ${max} items`)
  }

  #add(reason: FieldErrorReason, field: string, message: string, detail: string): void {
    this.list.push({ reason, field, message: detail === '' ? message : `${message}: ${detail}` })
  }
}

/** A value as Go prints it in these messages: strings quoted, the rest as compact JSON. */
function describe(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  return JSON.stringify(value)
}
