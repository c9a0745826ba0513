/**
 * metav1.ListOptions of a URL, checked as
 * k8s.io/apimachinery/pkg/apis/meta/internalversion/validation does.
 */
import { badRequest, FieldErrors, invalid } from '@petrel/machinery/status'
import { isTrue } from '../request-info.ts'

export interface ReadOptions {
  /** '' is the newest, '0' whatever is at hand, else not older than or exactly this. */
  readonly resourceVersion: string
  /** `resourceVersion` as a number; 0 for '' and '0'. */
  readonly revision: number
  readonly match: '' | 'Exact' | 'NotOlderThan'
  /** 0 is no limit. */
  readonly limit: number
  readonly continue: string
  readonly timeoutSeconds: number | undefined
  readonly allowWatchBookmarks: boolean
  readonly sendInitialEvents: boolean | undefined
}

export function parseReadOptions(query: URLSearchParams, watch: boolean): ReadOptions {
  const resourceVersion = query.get('resourceVersion') ?? ''
  const initial = query.get('sendInitialEvents')
  const options: ReadOptions = {
    resourceVersion,
    revision: parseRevision(resourceVersion),
    match: (query.get('resourceVersionMatch') ?? '') as ReadOptions['match'],
    limit: parseInteger(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    timeoutSeconds: parseInteger(query, 'timeoutSeconds'),
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: initial === null || initial === '' ? undefined : isTrue(initial),
  }
  const errors = new FieldErrors()
  if (watch) checkWatch(options, errors)
  else checkList(options, errors)
  if (!errors.empty) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
  return options
}

function checkList(options: ReadOptions, errors: FieldErrors): void {
  const { match } = options
  if (match !== '') {
    if (options.resourceVersion === '') {
      errors.forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided')
    }
    if (options.continue !== '') {
      errors.forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', ''])
    }
    if (match === 'Exact' && options.resourceVersion === '0') {
      errors.forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')
  }
}

function checkWatch(options: ReadOptions, errors: FieldErrors): void {
  const { match } = options
  if (options.sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  }
  if (match === '') return
  if (options.sendInitialEvents === undefined) {
    errors.forbidden(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    )
  }
  if (match !== 'NotOlderThan') errors.notSupported('resourceVersionMatch', match, ['NotOlderThan'])
  if (options.continue !== '') {
    errors.forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
  }
}

/** A resourceVersion as a number; throws BadRequest when it is none. */
export function parseRevision(text: string): number {
  if (text === '' || text === '0') return 0
  if (!/^[0-9]+$/.test(text)) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    )
  }
  const revision = Number(text)
  if (!Number.isSafeInteger(revision)) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`,
    )
  }
  return revision
}

function parseInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?[0-9]+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw badRequest(
      `Invalid value: ${JSON.stringify(text)}: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    )
  }
  return Number(text)
}
