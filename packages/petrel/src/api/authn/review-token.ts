/** Answers a TokenReview (pkg/registry/authentication/tokenreview): whose token is this, and is it meant for these audiences? */
import type { TokenReview } from '@petrel/machinery/api/authentication-v1'
import { badRequest } from '@petrel/machinery/status'
import { askAll, authenticated, refusal } from './authenticator.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'

export interface ReviewOptions {
  readonly tokens: readonly TokenAuthenticator[]
  /** Audiences of the API server, taken when the review names none. */
  readonly audiences: readonly string[]
}

/** The review with its status; throws BadRequest when it carries no token. */
export function reviewToken(review: TokenReview, options: ReviewOptions): TokenReview {
  const { token = '', audiences = [] } = review.spec ?? {}
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const { found, reasons } = askAll(options.tokens, token, audiences.length > 0 ? audiences : options.audiences)
  if (!found) return { ...review, status: { user: {}, error: refusal(reasons) } }
  const { username, uid, groups, extra } = authenticated(found.user)
  return {
    ...review,
    status: {
      authenticated: true,
      user: {
        username,
        ...(uid !== undefined && { uid }),
        groups: [...groups],
        ...(extra && { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
      },
      audiences: [...found.audiences],
    },
  }
}
