/**
 * metav1.DeleteOptions, from the body or else from the URL, checked as
 * k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go does.
 */
import { type Schema, schemaOf } from '@petrel/machinery/schema'
import { badRequest, FieldErrors, invalid } from '@petrel/machinery/status'
import { decodeBody } from '../encode/decode.ts'
import type { ApiRequest } from '../request.ts'
import { isTrue } from '../request-info.ts'
import { checkDryRun } from './write-options.ts'

type PropagationPolicy = 'Orphan' | 'Background' | 'Foreground'

export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: PropagationPolicy
  orphanDependents?: boolean
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: string[]
}

/** What the codec needs to read protobuf DeleteOptions; they are the same in every group version. */
const deleteOptionsKind = {
  group: '',
  version: 'v1',
  kind: 'DeleteOptions',
  get schema(): Schema {
    return schemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')
  },
}

export async function parseDeleteOptions(request: ApiRequest): Promise<DeleteOptions> {
  const { body } = request
  const options =
    body && 'object' in body
      ? ((body.object ?? {}) as DeleteOptions)
      : body && body.bytes.length > 0
        ? await fromBody(body.bytes, body.mediaType)
        : fromQuery(request.query)
  check(options)
  return options
}

async function fromBody(bytes: Uint8Array, mediaType: string): Promise<DeleteOptions> {
  const value = await decodeBody(bytes, mediaType, deleteOptionsKind, undefined)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('the object provided is unrecognized (must be of type DeleteOptions)')
  }
  const { kind } = value as { kind?: unknown }
  if (kind !== undefined && kind !== '' && kind !== 'DeleteOptions') {
    throw badRequest(`decoded object cannot be converted to DeleteOptions`)
  }
  return value as DeleteOptions
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const options: DeleteOptions = {}
  const grace = query.get('gracePeriodSeconds')
  if (grace) options.gracePeriodSeconds = Number(grace)
  const policy = query.get('propagationPolicy')
  if (policy) options.propagationPolicy = policy as PropagationPolicy
  const orphan = query.get('orphanDependents')
  if (orphan) options.orphanDependents = isTrue(orphan)
  const dryRun = query.getAll('dryRun')
  if (dryRun.length > 0) options.dryRun = dryRun
  return options
}

function check(options: DeleteOptions): void {
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun } = options
  if (gracePeriodSeconds !== undefined && gracePeriodSeconds !== null && !Number.isSafeInteger(gracePeriodSeconds)) {
    throw badRequest(
      `Cannot delete: gracePeriodSeconds ${JSON.stringify(gracePeriodSeconds)} is no whole number of seconds`,
    )
  }
  if (preconditions !== undefined && preconditions !== null) {
    const bad =
      typeof preconditions !== 'object' ||
      [preconditions.uid, preconditions.resourceVersion].some(
        p => p !== undefined && p !== null && typeof p !== 'string',
      )
    if (bad) throw badRequest('Cannot delete: preconditions.uid and preconditions.resourceVersion must be strings')
  }
  const errors = new FieldErrors()
  const policy: unknown = propagationPolicy
  if (policy !== undefined && policy !== null) {
    if (orphanDependents !== undefined && orphanDependents !== null) {
      errors.invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set')
    }
    if (policy !== 'Orphan' && policy !== 'Background' && policy !== 'Foreground') {
      errors.notSupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil'])
    }
  }
  if (dryRun !== undefined && dryRun !== null) {
    if (!Array.isArray(dryRun)) throw badRequest('Cannot delete: dryRun must be a list of stages')
    checkDryRun(dryRun, errors)
  }
  if (!errors.empty) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
}
