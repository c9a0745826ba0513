/**
 * Checks bound service account tokens (pkg/serviceaccount/jwt.go, claims.go): signature, issuer, audience and time, then
 * that what the token is bound to still exists under the same uid. A signature that was checked is remembered; the rest
 * is looked at for every request.
 */
import { type KubeObject, nodes, pods, secrets, serviceAccounts } from '@petrel/machinery/kinds'
import type { Clock } from '../../base/index.ts'
import type { ObjectReader, UserInfo } from '../contract.ts'
import { serviceAccountGroups, serviceAccountUsername } from '../user-names.ts'
import { isSignedBy, parseJwt, type VerifyingKey } from './jwt.ts'
import { RecentTokens } from './recent-tokens.ts'
import { intersect, type TokenAuthenticator, type TokenUser } from './token-authenticator.ts'
import { type ObjectClaim, readClaims, type TokenClaims } from './token-claims.ts'

export const defaultIssuer = 'https://kubernetes.default.svc.cluster.local'

/** jwt.DefaultLeeway of go-jose: how far clocks may differ, and how long a deleted object's tokens still hold. */
const leewayMs = 60_000

export interface ServiceAccountTokensOptions {
  readonly reader: ObjectReader
  readonly clock: Clock
  /** The first one signs; tokens of the others are accepted. */
  readonly issuers: readonly string[]
  /** Audiences of the API server. */
  readonly audiences: readonly string[]
  readonly keys: readonly VerifyingKey[]
  /** Tokens whose signature is remembered; 8,192 when undefined, about 2 KB each. The least recently used are dropped. */
  readonly rememberedTokens?: number
}

interface Verified {
  readonly claims: TokenClaims
  readonly user: UserInfo
}

export class ServiceAccountTokens implements TokenAuthenticator {
  readonly #options: ServiceAccountTokensOptions
  readonly #verified: RecentTokens<Verified>

  constructor(options: ServiceAccountTokensOptions) {
    this.#options = options
    this.#verified = new RecentTokens(options.rememberedTokens ?? 8192)
  }

  authenticateToken(token: string, audiences: readonly string[] = this.#options.audiences): TokenUser | undefined {
    let verified = this.#verified.get(token)
    if (!verified) {
      verified = this.#verify(token)
      if (!verified) return undefined
      this.#verified.set(token, verified)
    }
    const { claims, user } = verified
    const common = intersect(claims.aud, audiences)
    if (common.length === 0) {
      throw new Error(`token audiences ${quoted(claims.aud)} is invalid for the target audiences ${quoted(audiences)}`)
    }
    const nowMs = this.#options.clock.now()
    try {
      checkTimes(claims, nowMs)
      this.#checkObjects(claims, nowMs)
    } catch (error) {
      this.#verified.delete(token)
      throw error
    }
    return { user, audiences: common }
  }

  #verify(token: string): Verified | undefined {
    const parsed = parseJwt(token)
    if (!parsed || !this.#options.issuers.includes(String(parsed.claims['iss']))) return undefined
    const keyId = parsed.header.kid ?? ''
    const keys = this.#options.keys.filter(key => keyId === '' || key.keyId === keyId)
    if (keys.length === 0) throw new Error('invalid signature, no keys found')
    if (!keys.some(key => isSignedBy(parsed, key))) throw new Error('go-jose/go-jose: error in cryptographic primitive')
    const claims = readClaims(parsed.claims)
    if (!claims) throw new Error('service account token claims could not be validated due to unexpected private claim')
    return { claims, user: userOf(claims) }
  }

  #checkObjects(claims: TokenClaims, nowMs: number): void {
    const { reader } = this.#options
    const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io']
    const account = reader.get(serviceAccounts, namespace, serviceaccount.name)
    if (!account) throw new Error(`serviceaccounts "${serviceaccount.name}" not found`)
    if (isGone(account, nowMs)) throw new Error(`service account ${namespace}/${serviceaccount.name} has been deleted`)
    const uid = account.metadata?.uid ?? ''
    if (uid !== serviceaccount.uid)
      throw new Error(`service account UID (${uid}) does not match claim (${serviceaccount.uid ?? ''})`)
    if (secret) checkBound('secret', reader.get(secrets, namespace, secret.name), secret, nowMs)
    // The node of a pod's token is a hint about where the pod runs; the pod alone decides (KEP-4193).
    if (pod) checkBound('pod', reader.get(pods, namespace, pod.name), pod, nowMs)
    else if (node) checkBound('node', reader.get(nodes, '', node.name), node, nowMs)
  }
}

function checkTimes(claims: TokenClaims, nowMs: number): void {
  if (nowMs - leewayMs > claims.exp * 1000) throw new Error('service account token has expired')
  if (nowMs + leewayMs < claims.nbf * 1000) throw new Error('service account token is not valid yet')
  if (nowMs + leewayMs < claims.iat * 1000) throw new Error('service account token is issued in the future')
}

function checkBound(
  what: 'pod' | 'secret' | 'node',
  object: KubeObject | undefined,
  claim: ObjectClaim,
  nowMs: number,
): void {
  if (!object || isGone(object, nowMs)) throw new Error('service account token has been invalidated')
  const uid = object.metadata?.uid ?? ''
  if (uid !== claim.uid)
    throw new Error(`${what} UID (${uid}) does not match service account ${what} ref claim (${claim.uid ?? ''})`)
}

function isGone(object: KubeObject, nowMs: number): boolean {
  const deleted = object.metadata?.deletionTimestamp
  return deleted !== undefined && Date.parse(deleted) < nowMs - leewayMs
}

function userOf(claims: TokenClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io']
  const extra: Record<string, readonly string[]> = {}
  if (claims.jti !== '') extra['authentication.kubernetes.io/credential-id'] = [`JTI=${claims.jti}`]
  if (node) {
    extra['authentication.kubernetes.io/node-name'] = [node.name]
    // A pod may be bound to a node that does not exist (any more); then only its name is known.
    if (node.uid !== undefined) extra['authentication.kubernetes.io/node-uid'] = [node.uid]
  }
  if (pod) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name]
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid ?? '']
  }
  return {
    username: serviceAccountUsername(namespace, serviceaccount.name),
    ...(serviceaccount.uid !== undefined && { uid: serviceaccount.uid }),
    groups: serviceAccountGroups(namespace),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

/** A string slice as Go's %q prints it. */
function quoted(items: readonly string[]): string {
  return `[${items.map(item => JSON.stringify(item)).join(' ')}]`
}
