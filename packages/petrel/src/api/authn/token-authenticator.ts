/** One way to know a bearer token (k8s.io/apiserver/pkg/authentication/authenticator, Token). */
import type { UserInfo } from '../contract.ts'

export interface TokenUser {
  /** Without system:authenticated, which is added for every caller with credentials. */
  readonly user: UserInfo
  /** For which of the requested audiences the token is good. */
  readonly audiences: readonly string[]
}

export interface TokenAuthenticator {
  /**
   * Undefined when the token is not of this kind; throws an Error with the reason when it is and does not hold.
   * `audiences` are those of whom the token is presented to; the API server's when undefined.
   */
  authenticateToken(token: string, audiences?: readonly string[]): TokenUser | undefined
}

export function intersect(a: readonly string[], b: readonly string[]): string[] {
  return a.filter(item => b.includes(item))
}
