/**
 * What lets others check service account tokens without asking us (KEP-1393, pkg/serviceaccount/openidmetadata.go):
 * /.well-known/openid-configuration and /openid/v1/jwks.
 */
import type { VerifyingKey } from './jwt.ts'

export interface DiscoveryDocuments {
  readonly configuration: {
    readonly path: '/.well-known/openid-configuration'
    readonly mediaType: 'application/json'
    readonly body: string
  }
  readonly keys: {
    readonly path: '/openid/v1/jwks'
    readonly mediaType: 'application/jwk-set+json'
    readonly body: string
  }
  readonly cacheControl: 'public, max-age=3600'
}

/** `jwksUri` is the address under which clients reach /openid/v1/jwks. */
export function discoveryDocuments(issuer: string, jwksUri: string, keys: readonly VerifyingKey[]): DiscoveryDocuments {
  const configuration = {
    issuer,
    jwks_uri: jwksUri,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keys.map(key => key.algorithm))].sort(),
  }
  return {
    configuration: {
      path: '/.well-known/openid-configuration',
      mediaType: 'application/json',
      body: JSON.stringify(configuration),
    },
    keys: {
      path: '/openid/v1/jwks',
      mediaType: 'application/jwk-set+json',
      body: JSON.stringify({ keys: keys.map(webKey) }),
    },
    cacheControl: 'public, max-age=3600',
  }
}

function webKey({ key, keyId, algorithm }: VerifyingKey): object {
  const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' })
  return kty === 'EC'
    ? { use: 'sig', kty, kid: keyId, crv, alg: algorithm, x, y }
    : { use: 'sig', kty, kid: keyId, alg: algorithm, n, e }
}
