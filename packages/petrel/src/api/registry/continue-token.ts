/**
 * Where a paged list goes on: revision and last key, opaque to clients. The form is that of
 * k8s.io/apiserver/pkg/storage/continue.go, so that its rules about bad tokens hold word for word.
 */
import { badRequest } from '@petrel/machinery/status'

export interface ContinueToken {
  /** The revision of the first page; -1 goes on with what is newest, consistent or not. */
  readonly revision: number
  /** The last key of the page before, without the prefix of the collection. */
  readonly after: string
}

const tokenVersion = 'meta.k8s.io/v1'

export function encodeContinue(token: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: tokenVersion, rv: token.revision, start: `${token.after}\0` })).toString(
    'base64url',
  )
}

/** Throws BadRequest when the token was not made here. */
export function decodeContinue(text: string): ContinueToken {
  let parsed: { v?: unknown; rv?: unknown; start?: unknown }
  try {
    if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new SyntaxError('illegal base64 data')
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString()) as typeof parsed
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error))
  }
  if (typeof parsed !== 'object' || parsed === null || parsed.v !== tokenVersion) {
    throw invalid(`server does not recognize this encoded version ${JSON.stringify(parsed?.v ?? '')}`)
  }
  const { rv, start } = parsed
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0)
    throw invalid('incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (typeof start !== 'string' || start === '') throw invalid('encoded start key empty (version meta.k8s.io/v1)')
  const after = start.endsWith('\0') ? start.slice(0, -1) : start
  // A key that climbs out of its collection is no key of ours.
  if (after.split('/').some(part => part === '' || part === '.' || part === '..')) {
    throw invalid(`invalid continue token: ${JSON.stringify(start)}`)
  }
  return { revision: rv, after }
}

function invalid(why: string): Error {
  return badRequest(`continue key is not valid: ${why}`)
}
