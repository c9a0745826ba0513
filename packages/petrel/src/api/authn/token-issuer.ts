/**
 * The token subresource of service accounts (pkg/registry/core/serviceaccount/storage/token.go): checks a TokenRequest,
 * binds it to a pod, secret or node that exists, and signs.
 */
import { randomUUID } from 'node:crypto'
import type { BoundObjectReference, TokenRequest, TokenRequestSpec } from '@petrel/machinery/api/authentication-v1'
import { type KubeObject, nodes, pods, type Resource, secrets, serviceAccounts } from '@petrel/machinery/kinds'
import { badRequest, conflict, FieldErrors, invalid, notFound } from '@petrel/machinery/status'
import { type Clock, toTime } from '../../base/index.ts'
import type { ObjectReader } from '../contract.ts'
import { type SigningKey, signJwt } from './jwt.ts'
import { makeClaims, type ObjectClaim } from './token-claims.ts'

/** What kubelets ask for in pods' default volumes (WarnOnlyBoundTokenExpirationSeconds); such tokens live a year and are counted as stale after it. */
const warnOnlyExpirationSeconds = 60 * 60 + 7
const extendedExpirationSeconds = 365 * 24 * 60 * 60
const tokenRequestKind = { group: 'authentication.k8s.io', kind: 'TokenRequest' }

export interface TokenIssuerOptions {
  readonly reader: ObjectReader
  readonly clock: Clock
  readonly issuer: string
  /** Audiences of the API server: the default of a request, and the only ones whose pod tokens are extended. */
  readonly audiences: readonly string[]
  readonly key: SigningKey
  /** No bound when undefined. */
  readonly maxExpirationSeconds?: number
  /** `--service-account-extend-token-expiration`, true when undefined. */
  readonly extendExpiration?: boolean
}

interface Binding {
  readonly pod: ObjectClaim | undefined
  readonly secret: ObjectClaim | undefined
  readonly node: ObjectClaim | undefined
}

export class TokenIssuer {
  readonly #options: TokenIssuerOptions

  constructor(options: TokenIssuerOptions) {
    this.#options = options
  }

  /** The request with its status. Throws NotFound, Invalid, BadRequest or Conflict in upstream's words. */
  issue(namespace: string, name: string, request: TokenRequest, warn: (message: string) => void): TokenRequest {
    const { reader, clock, issuer, key } = this.#options
    checkPlace(namespace, name, request)
    const account = reader.get(serviceAccounts, namespace, name)
    if (!account) throw notFound(serviceAccounts, name)
    const spec = this.#defaulted(request.spec)
    checkExpiration(spec.expirationSeconds)
    const binding = spec.boundObjectRef ? this.#bind(namespace, name, spec.boundObjectRef) : undefined
    const limit = this.#options.maxExpirationSeconds ?? Number.POSITIVE_INFINITY
    if (spec.expirationSeconds > limit) {
      warn(`requested expiration of ${spec.expirationSeconds} seconds shortened to ${limit} seconds`)
      spec.expirationSeconds = limit
    }
    const isExtended = this.#isExtended(spec, binding)
    const nowMs = clock.now()
    const claims = makeClaims({
      issuer,
      id: randomUUID(),
      audiences: spec.audiences,
      nowMs,
      expirationSeconds: isExtended ? extendedExpirationSeconds : spec.expirationSeconds,
      warnAfterSeconds: isExtended ? spec.expirationSeconds : 0,
      namespace,
      serviceAccount: claimOf(account),
      pod: binding?.pod,
      secret: binding?.secret,
      node: binding?.node,
    })
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { ...request.metadata, name, namespace, creationTimestamp: toTime(nowMs) },
      spec,
      status: { token: signJwt(claims, key), expirationTimestamp: toTime(nowMs + spec.expirationSeconds * 1000) },
    }
  }

  #defaulted(spec: TokenRequestSpec = {}): TokenRequestSpec & { audiences: string[]; expirationSeconds: number } {
    const audiences = spec.audiences && spec.audiences.length > 0 ? spec.audiences : [...this.#options.audiences]
    return { ...spec, audiences, expirationSeconds: spec.expirationSeconds ?? 3600 }
  }

  /** Only pods' default tokens, and only for the API server: others asked for an hour and get an hour. */
  #isExtended(spec: { audiences: string[]; expirationSeconds: number }, binding: Binding | undefined): boolean {
    return (
      (this.#options.extendExpiration ?? true) &&
      binding?.pod !== undefined &&
      spec.expirationSeconds === warnOnlyExpirationSeconds &&
      spec.audiences.every(audience => this.#options.audiences.includes(audience))
    )
  }

  #bind(namespace: string, account: string, reference: BoundObjectReference): Binding {
    const kind = reference.kind ?? ''
    const [group, version] = splitApiVersion(reference.apiVersion ?? '')
    if (group === '' && kind === 'Pod') {
      const pod = this.#bound(pods, namespace, reference, 'Pod')
      if (pod.spec?.serviceAccountName !== account) {
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
        )
      }
      return { pod: claimOf(pod), secret: undefined, node: this.#nodeOf(pod.spec.nodeName) }
    }
    if (group === '' && kind === 'Secret') {
      return { pod: undefined, secret: claimOf(this.#bound(secrets, namespace, reference, 'Secret')), node: undefined }
    }
    if (group === '' && kind === 'Node') {
      return { pod: undefined, secret: undefined, node: claimOf(this.#bound(nodes, '', reference, 'Node')) }
    }
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  }

  #bound<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    reference: BoundObjectReference,
    kind: string,
  ): T {
    const name = reference.name ?? ''
    const object = this.#options.reader.get(resource, namespace, name)
    if (!object) throw notFound(resource, name)
    const wanted = reference.uid ?? ''
    if (wanted === '' || wanted === object.metadata?.uid) return object
    throw conflict(
      { group: '', plural: kind },
      name,
      `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  }

  #nodeOf(name: string | undefined): ObjectClaim | undefined {
    if (name === undefined || name === '') return undefined
    const node = this.#options.reader.get(nodes, '', name)
    return node ? claimOf(node) : { name }
  }
}

function checkPlace(namespace: string, name: string, request: TokenRequest): void {
  const errors = new FieldErrors()
  const { name: itsName = '', namespace: itsNamespace = '' } = request.metadata ?? {}
  if (itsName !== '' && itsName !== name) {
    errors.invalid('metadata.name', itsName, 'must match the service account name if specified')
  } else if (itsNamespace !== '' && itsNamespace !== namespace) {
    errors.invalid('metadata.namespace', itsNamespace, 'must match the service account namespace if specified')
  }
  if (!errors.empty) throw invalid(tokenRequestKind, name, errors)
}

/** ValidateTokenRequest of pkg/apis/authentication/validation. */
function checkExpiration(seconds: number): void {
  const errors = new FieldErrors()
  if (seconds < 600)
    errors.invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > 2 ** 32)
    errors.invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds')
  if (!errors.empty) throw invalid(tokenRequestKind, '', errors)
}

function splitApiVersion(apiVersion: string): [group: string, version: string] {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)]
}

function claimOf(object: KubeObject): ObjectClaim {
  const { name = '', uid = '' } = object.metadata ?? {}
  return { name, uid }
}
