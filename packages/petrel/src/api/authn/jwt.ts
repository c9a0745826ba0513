/**
 * JSON Web Tokens in compact form (RFC 7515 §7.1, RFC 7519) with the algorithms that kube-apiserver accepts for service
 * accounts. The algorithm follows from the key and never from the token, so no token can choose how it is checked.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

export type JwtAlgorithm = 'ES256' | 'ES384' | 'ES512' | 'RS256'

export interface SigningKey {
  readonly algorithm: JwtAlgorithm
  readonly keyId: string
  readonly key: KeyObject
}

/** A public key. */
export interface VerifyingKey extends SigningKey {}

/** A token taken apart; nothing of it is verified. */
export interface ParsedJwt {
  readonly header: { readonly alg?: unknown; readonly kid?: unknown }
  readonly claims: Readonly<Record<string, unknown>>
  readonly signed: string
  readonly signature: Uint8Array
}

const digests: Record<JwtAlgorithm, string> = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512', RS256: 'sha256' }

export function signingKey(privatePem: string): SigningKey {
  const key = createPrivateKey(privatePem)
  return { algorithm: algorithmOf(key), keyId: keyIdOf(createPublicKey(key)), key }
}

export function verifyingKey(publicPem: string): VerifyingKey {
  const key = createPublicKey(publicPem)
  return { algorithm: algorithmOf(key), keyId: keyIdOf(key), key }
}

export function signJwt(claims: object, key: SigningKey): string {
  const signed = `${encode({ alg: key.algorithm, kid: key.keyId })}.${encode(claims)}`
  const signature = sign(digests[key.algorithm], Buffer.from(signed), { key: key.key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

/** Undefined when `token` is no JWT at all. */
export function parseJwt(token: string): ParsedJwt | undefined {
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(token)
  if (!parts) return undefined
  const [, header = '', claims = '', signature = ''] = parts
  const parsedHeader = decode(header)
  const parsedClaims = decode(claims)
  if (!parsedHeader || !parsedClaims) return undefined
  return {
    header: parsedHeader,
    claims: parsedClaims,
    signed: `${header}.${claims}`,
    signature: Buffer.from(signature, 'base64url'),
  }
}

export function isSignedBy(token: ParsedJwt, key: VerifyingKey): boolean {
  if (token.header.alg !== key.algorithm) return false
  return verify(
    digests[key.algorithm],
    Buffer.from(token.signed),
    { key: key.key, dsaEncoding: 'ieee-p1363' },
    token.signature,
  )
}

function algorithmOf(key: KeyObject): JwtAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  const curve = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined
  if (curve === 'prime256v1') return 'ES256'
  if (curve === 'secp384r1') return 'ES384'
  if (curve === 'secp521r1') return 'ES512'
  throw new TypeError(
    `Cannot sign tokens with a key of type ${curve ?? key.asymmetricKeyType}: must be RSA, P-256, P-384 or P-521`,
  )
}

/** keyIDFromPublicKey of pkg/serviceaccount/jwt.go: it cannot be used to guess the key. */
function keyIdOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
