/** Faults of a body as the 400 that upstream answers (apiserver/pkg/endpoints/handlers, transformDecodeError). */
import { badRequest, type StatusError } from '../status/index.ts'

/** `Deployment in version "v1" cannot be handled as a Deployment: …`. */
export function cannotHandle(kind: string, version: string, why: string, cause?: unknown): StatusError {
  return badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`, cause)
}

/** The same for strict validation: unknown and duplicate fields, as `conform` and `duplicateFields` name them. */
export function strictFault(kind: string, version: string, faults: readonly string[]): StatusError {
  return cannotHandle(kind, version, `strict decoding error: ${faults.join(', ')}`)
}

/** For a body that could not be parsed far enough to know its kind. */
export function noKind(error: unknown): StatusError {
  const message = error instanceof Error ? error.message : String(error)
  return badRequest(`couldn't get version/kind; json parse error: ${message}`, error)
}
