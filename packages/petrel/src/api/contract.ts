/**
 * The seams inside the API server: who asks, may they, what is changed on the way in, and what those parts may read.
 * The order of the chain is upstream's DefaultBuildHandlerChain: authenticate, authorize, admit (mutating, then
 * validating), store.
 */
import type { Kind, KubeObject, Resource } from '@petrel/machinery/kinds'

/** authentication.k8s.io/v1 UserInfo. */
export interface UserInfo {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** What a connection brought along. */
export interface Credentials {
  /** Headers in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The client certificate, verified against the client CA by TLS; undefined without one. */
  readonly certificate:
    | {
        readonly commonName: string
        readonly organizations: readonly string[]
        readonly uid?: string
        /** Lower-case hex of the SHA-256 of its DER, for the user's credential-id. */
        readonly sha256?: string
      }
    | undefined
}

export interface Authenticator {
  /**
   * Resolves with the user, or undefined when no credentials were offered (the caller is anonymous then).
   * Rejects with Unauthorized when credentials were offered and none holds.
   */
  authenticate(credentials: Credentials): Promise<UserInfo | undefined> | UserInfo | undefined
}

/** authorizer.Attributes. */
export interface Attributes {
  readonly user: UserInfo
  /** get, list, watch, create, update, patch, delete, deletecollection, proxy; the lower-case method for other paths. */
  readonly verb: string
  readonly resourceRequest: boolean
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly path: string
  /** As in the query of a list, watch or deletecollection; '' without one, undefined where nobody asked. */
  readonly fieldSelector?: string
}

export interface Decision {
  readonly allowed: boolean
  /** Why, for the audit and for access reviews. */
  readonly reason: string
}

export interface Authorizer {
  authorize(attributes: Attributes): Decision
  /** For SelfSubjectRulesReview. */
  rulesFor(
    user: UserInfo,
    namespace: string,
  ): {
    readonly resourceRules: readonly {
      verbs: string[]
      apiGroups: string[]
      resources: string[]
      resourceNames: string[]
    }[]
    readonly nonResourceRules: readonly { verbs: string[]; nonResourceURLs: string[] }[]
  }
}

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

export interface AdmissionRequest {
  readonly operation: Operation
  readonly kind: Kind
  readonly subresource: string
  readonly namespace: string
  /** Empty on a create with generateName. */
  readonly name: string
  /** The new object, a private copy that mutating plugins may change; undefined for deletes. */
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
  readonly user: UserInfo
  readonly dryRun: boolean
  warn(message: string): void
}

/** One plugin; a plugin has one or both sides. Throws StatusError (mostly Forbidden) to refuse. */
export interface AdmissionPlugin {
  /** Upstream's plugin name. */
  readonly name: string
  admit?(request: AdmissionRequest): Promise<void> | void
  validate?(request: AdmissionRequest): Promise<void> | void
}

/**
 * What authorizers and admission may read: the stored objects, synchronously, from memory. Objects are frozen.
 */
export interface ObjectReader {
  get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): T | undefined
  /** All namespaces when `namespace` is ''. */
  list<T extends KubeObject>(resource: Resource<T>, namespace: string): readonly T[]
  /** Calls back after every change of this resource, until cancelled. */
  onChange(
    resource: Resource,
    changed: (current: KubeObject | undefined, previous: KubeObject | undefined) => void,
  ): { cancel(): void }
}
