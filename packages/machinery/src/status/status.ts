/**
 * metav1.Status as an Error: the one way in which the API says no. One line a reason, after
 * k8s.io/apimachinery/pkg/api/errors; the words are upstream's, since clients and people compare them.
 */
import type { FieldErrors } from './field-errors.ts'

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

/** metav1.Status, in upstream's field order. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: { continue?: string; resourceVersion?: string }
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code: number
}

/** HTTP code of each metav1.StatusReason. */
export const statusCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  ServerTimeout: 500,
} as const

export type StatusReason = keyof typeof statusCodes

export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: Status

  constructor(status: Status, options?: { cause?: unknown }) {
    super(status.message ?? status.reason ?? `HTTP ${status.code}`, options)
    this.status = status
  }

  get code(): number {
    return this.status.code
  }

  get reason(): string {
    return this.status.reason ?? ''
  }

  /** The only converter from what was thrown: a StatusError stays, anything else becomes InternalError with its cause. */
  static from(error: unknown): StatusError {
    if (error instanceof StatusError) return error
    const message = error instanceof Error ? error.message : String(error)
    return make('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }, error)
  }
}

/** True for a StatusError of that reason. */
export function isStatus(error: unknown, reason: StatusReason): error is StatusError {
  return error instanceof StatusError && error.reason === reason
}

/** What a message names: the group and plural of the resource. */
export interface ResourceName {
  readonly group: string
  readonly plural: string
}

/** `deployments.apps`, and `pods` for the core group: schema.GroupResource.String. */
function qualified(resource: ResourceName): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`
}

function details(resource: ResourceName, name: string): StatusDetails {
  return {
    ...(name !== '' && { name }),
    ...(resource.group !== '' && { group: resource.group }),
    ...(resource.plural !== '' && { kind: resource.plural }),
  }
}

function make(reason: StatusReason, message: string, details?: StatusDetails, cause?: unknown): StatusError {
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details && Object.keys(details).length > 0 && { details }),
    code: statusCodes[reason],
  }
  return new StatusError(status, cause === undefined ? undefined : { cause })
}

export const notFound = (resource: ResourceName, name: string): StatusError =>
  make('NotFound', `${qualified(resource)} "${name}" not found`, details(resource, name))

export const alreadyExists = (resource: ResourceName, name: string): StatusError =>
  make('AlreadyExists', `${qualified(resource)} "${name}" already exists`, details(resource, name))

export const conflict = (resource: ResourceName, name: string, why: string): StatusError =>
  make('Conflict', `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`, details(resource, name))

export const forbidden = (resource: ResourceName, name: string, why: string): StatusError =>
  make(
    'Forbidden',
    resource.plural === ''
      ? `forbidden: ${why}`
      : name === ''
        ? `${qualified(resource)} is forbidden: ${why}`
        : `${qualified(resource)} "${name}" is forbidden: ${why}`,
    details(resource, name),
  )

/** 422 with a cause per fault; `kind` and `group` name the kind, not the resource. */
export function invalid(kind: { group: string; kind: string }, name: string, errors: FieldErrors): StatusError {
  const lines = [...new Set(errors.list.map(e => `${e.field}: ${e.message}`))]
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`
  const qualifiedKind = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  return make('Invalid', `${qualifiedKind} "${name}" is invalid: ${text}`, {
    ...(name !== '' && { name }),
    ...(kind.group !== '' && { group: kind.group }),
    kind: kind.kind,
    causes: errors.list.map(e => ({ reason: e.reason, message: e.message, field: e.field })),
  })
}

export const badRequest = (why: string, cause?: unknown): StatusError => make('BadRequest', why, undefined, cause)

export const unauthorized = (why = 'Unauthorized'): StatusError => make('Unauthorized', why)

export const methodNotSupported = (resource: ResourceName, action: string): StatusError =>
  make(
    'MethodNotAllowed',
    `${action} is not supported on resources of kind "${qualified(resource)}"`,
    details(resource, ''),
  )

export const notAcceptable = (supported: readonly string[]): StatusError =>
  make('NotAcceptable', `only the following media types are accepted: ${supported.join(', ')}`)

export const unsupportedMediaType = (supported: readonly string[]): StatusError =>
  make(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}`,
  )

export const expired = (why: string): StatusError => make('Expired', why)

export const gone = (why: string): StatusError => make('Gone', why)

export const tooLarge = (why: string): StatusError => make('RequestEntityTooLarge', why)

export const tooManyRequests = (why: string, retryAfterSeconds: number, causes?: StatusCause[]): StatusError =>
  make('TooManyRequests', why, { ...(causes && { causes }), retryAfterSeconds })

export const internal = (cause: unknown): StatusError => StatusError.from(cause)

export const unavailable = (why: string, cause?: unknown): StatusError =>
  make('ServiceUnavailable', why, undefined, cause)

export const timeout = (why: string, retryAfterSeconds: number): StatusError =>
  make('Timeout', `Timeout: ${why}`, retryAfterSeconds > 0 ? { retryAfterSeconds } : undefined)

/** "Too large resource version": the reader asks for what has not happened yet. */
export const tooLargeResourceVersion = (requested: number, current: number): StatusError =>
  make('Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })

/** The reply to a delete that left nothing to show. */
export function success(resource: ResourceName, name: string, uid: string): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...details(resource, name), ...(uid !== '' && { uid }) },
    code: 200,
  }
}
