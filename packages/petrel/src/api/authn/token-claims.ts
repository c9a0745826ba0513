/** What a bound service account token says (pkg/serviceaccount/claims.go), with the keys in the order in which go-jose writes them. */
import { serviceAccountUsername } from '../user-names.ts'

export interface ObjectClaim {
  readonly name: string
  readonly uid?: string
}

export interface KubernetesClaims {
  readonly namespace: string
  readonly node?: ObjectClaim
  readonly pod?: ObjectClaim
  readonly secret?: ObjectClaim
  readonly serviceaccount: ObjectClaim
  readonly warnafter?: number
}

/** Times are seconds since the epoch. */
export interface TokenClaims {
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly iss: string
  readonly jti: string
  readonly 'kubernetes.io': KubernetesClaims
  readonly nbf: number
  readonly sub: string
}

export interface ClaimsRequest {
  readonly issuer: string
  readonly id: string
  readonly audiences: readonly string[]
  readonly nowMs: number
  readonly expirationSeconds: number
  /** 0 for none. */
  readonly warnAfterSeconds: number
  readonly namespace: string
  readonly serviceAccount: ObjectClaim
  readonly pod: ObjectClaim | undefined
  readonly secret: ObjectClaim | undefined
  readonly node: ObjectClaim | undefined
}

export function makeClaims(request: ClaimsRequest): TokenClaims {
  const now = Math.floor(request.nowMs / 1000)
  return {
    aud: request.audiences,
    exp: now + request.expirationSeconds,
    iat: now,
    iss: request.issuer,
    jti: request.id,
    'kubernetes.io': {
      namespace: request.namespace,
      ...(request.node && { node: request.node }),
      ...(request.pod && { pod: request.pod }),
      ...(request.secret && { secret: request.secret }),
      serviceaccount: request.serviceAccount,
      ...(request.warnAfterSeconds > 0 && { warnafter: now + request.warnAfterSeconds }),
    },
    nbf: now,
    sub: serviceAccountUsername(request.namespace, request.serviceAccount.name),
  }
}

/** The claims in the shape that the rest relies on; undefined when they have another. */
export function readClaims(claims: Readonly<Record<string, unknown>>): TokenClaims | undefined {
  const { aud, exp, iat, iss, jti, nbf, sub } = claims as Record<string, unknown> &
    Partial<Record<keyof TokenClaims, unknown>>
  const audiences = typeof aud === 'string' ? [aud] : aud
  const bound = claims['kubernetes.io']
  if (!isStrings(audiences) || typeof iss !== 'string' || typeof sub !== 'string' || !isRecord(bound)) return undefined
  if (typeof exp !== 'number' || typeof iat !== 'number' || typeof nbf !== 'number') return undefined
  const { namespace, serviceaccount, node, pod, secret } = bound
  if (typeof namespace !== 'string' || !isObjectClaim(serviceaccount)) return undefined
  if (![node, pod, secret].every(claim => claim === undefined || isObjectClaim(claim))) return undefined
  const kubernetes = bound as unknown as KubernetesClaims
  return {
    aud: audiences,
    exp,
    iat,
    iss,
    jti: typeof jti === 'string' ? jti : '',
    'kubernetes.io': kubernetes,
    nbf,
    sub,
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

function isObjectClaim(value: unknown): value is ObjectClaim {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    (value['uid'] === undefined || typeof value['uid'] === 'string')
  )
}
