/**
 * The chain of ways to know a caller, in upstream's order (pkg/kubeapiserver/authenticator): client certificate, then
 * bearer token. The first that holds decides; when none was offered the caller is anonymous.
 */
import { unauthorized } from '@petrel/machinery/status'
import type { Authenticator, Credentials, UserInfo } from '../contract.ts'
import { anonymousUser, authenticatedGroup } from '../user-names.ts'
import { bearerToken } from './bearer-token.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'

export interface AuthenticatorOptions {
  /** Asked in order. */
  readonly tokens: readonly TokenAuthenticator[]
  /** Learns why a caller was turned away; the caller does not. */
  readonly onRefusal?: (reason: string) => void
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return {
    authenticate(credentials) {
      const byCertificate = certificateUser(credentials.certificate)
      if (byCertificate) return authenticated(byCertificate)
      const token = bearerToken(credentials.headers)
      if (token === undefined) return undefined
      const { found, reasons } = askAll(options.tokens, token)
      if (found) return authenticated(found.user)
      options.onRefusal?.(refusal(reasons))
      throw unauthorized()
    },
  }
}

/** Asks every authenticator until one knows the token; the reasons of those that refused it are kept. */
export function askAll(
  authenticators: readonly TokenAuthenticator[],
  token: string,
  audiences?: readonly string[],
): { found: ReturnType<TokenAuthenticator['authenticateToken']>; reasons: string[] } {
  const reasons: string[] = []
  for (const authenticator of authenticators) {
    try {
      const found = authenticator.authenticateToken(token, audiences)
      if (found) return { found, reasons }
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error))
    }
  }
  return { found: undefined, reasons }
}

/** Why a token was refused, as utilerrors.Aggregate prints it. */
export function refusal(reasons: readonly string[]): string {
  return reasons.length === 0 ? 'invalid bearer token' : `[${['invalid bearer token', ...reasons].join(', ')}]`
}

/** CommonNameUserConversion: a certificate without a common name says nobody. */
function certificateUser(certificate: Credentials['certificate']): UserInfo | undefined {
  if (!certificate || certificate.commonName === '') return undefined
  const { commonName, organizations, uid, sha256 } = certificate
  return {
    username: commonName,
    ...(uid !== undefined && { uid }),
    groups: organizations,
    ...(sha256 !== undefined && { extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${sha256}`] } }),
  }
}

/** Everyone with credentials is in system:authenticated (…/authentication/group, AuthenticatedGroupAdder). */
export function authenticated(user: UserInfo): UserInfo {
  if (user.username === anonymousUser.username || user.groups.includes(authenticatedGroup)) return user
  return { ...user, groups: [...user.groups, authenticatedGroup] }
}
