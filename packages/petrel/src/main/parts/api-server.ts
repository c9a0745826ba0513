/** Puts the API server together: store, certificates, who asks, may they, and what every cluster starts with. */

import { builtinKinds, clusterRoleBindings } from '@petrel/machinery/kinds'
import { stampResourceVersion } from '@petrel/machinery/schema'
import {
  type ApiServer,
  bootstrap,
  createApiServer,
  createAuthenticator,
  createAuthorizer,
  defaultAdmission,
  defaultIssuer,
  discoveryDocuments,
  escalationCheck,
  type Listener,
  type NodeDialer,
  nodeRules,
  type ObjectReader,
  reviewToken,
  type Security,
  ServiceAccountTokens,
  signingKey,
  TokenIssuer,
  type UserInfo,
  verifyingKey,
} from '../../api/index.ts'
import type { Clock, Logger, Pki, Rng } from '../../base/index.ts'
import { type Client, localClient } from '../../client/index.ts'
import type { Store, StoreOptions } from '../../store/index.ts'
import type { ClusterRanges } from '../cluster-ranges.ts'
import type { ListenAddress } from '../listen-address.ts'
import { versionInfo } from '../version.ts'
import { descriptions } from './descriptions.ts'

/** How stored bytes carry their version: every store under an API server is opened with these. */
export const storeOptions: StoreOptions = { stamp: stampResourceVersion }

export interface ApiServerParts {
  readonly store: Store
  readonly pki: Pki
  readonly clock: Clock
  readonly rng: Rng
  readonly log: Logger
  readonly listen: ListenAddress
  readonly ranges: ClusterRanges
  /** Where pods reach the server; undefined when nothing but this machine does. */
  readonly advertise: string | undefined
  readonly nodes: NodeDialer
  readonly disabledAdmission?: readonly string[]
}

export interface RunningApiServer {
  readonly server: ApiServer
  readonly listener: Listener
  /** A client that calls the handler chain in this process, as `user`. */
  clientFor(user: UserInfo): Client
  close(): Promise<void>
}

/** How often certificates are looked at. */
const renewalMs = 6 * 3600_000

export async function startApiServer(parts: ApiServerParts): Promise<RunningApiServer> {
  const { store, pki, clock, rng, log, nodes } = parts
  const documents = discoveryDocuments(
    defaultIssuer,
    `${defaultIssuer}/openid/v1/jwks`,
    pki.serviceAccountPublicKeys.map(verifyingKey),
  )
  const server = createApiServer({
    store,
    clock,
    rng,
    log,
    kinds: builtinKinds,
    version: versionInfo,
    nodes,
    services: { addresses: parts.ranges.services },
    security: reader => securityOf(parts, reader),
    docs: descriptions(log),
    documents: [documents.configuration, documents.keys],
  })
  await bootstrap(server.self)
  await letNodesProxy(server.self)
  const tls = () => {
    const { certificate, key } = pki.identity('apiserver')
    return { cert: certificate, key, clientCa: pki.clusterAuthority }
  }
  const listener = await server
    .listen({ host: parts.listen.host, port: parts.listen.port, tls: tls() })
    .catch((error: unknown) => {
      throw new Error(`Cannot listen on ${parts.listen.host}:${parts.listen.port}: ${whyNotListening(error)}`, {
        cause: error,
      })
    })
  await server.publish({ address: parts.advertise ?? '127.0.0.1', port: listener.port })

  const renewed = pki.onRenewed(names => {
    log.info('Certificates renewed', { names: names.join(',') })
    listener.setTls(tls())
  })
  let renewal = clock.after(renewalMs, renew)
  function renew(): void {
    pki.renewIfDue(clock).catch(err => log.error('Certificates could not be renewed', { err }))
    renewal = clock.after(renewalMs, renew)
  }
  return {
    server,
    listener,
    clientFor: user => localClient(server.handle, user),
    async close() {
      renewal.cancel()
      renewed.cancel()
      await server.close()
    },
  }
}

function whyNotListening(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return 'another program has this port; choose another with --listen'
  if (code === 'EACCES') return 'ports below 1024 take root; choose another with --listen'
  if (code === 'EADDRNOTAVAIL') return 'this machine does not have that address'
  return error instanceof Error ? error.message : String(error)
}

/** Nodes are their own service proxies, so each may read what upstream lets the user of kube-proxy read. */
async function letNodesProxy(self: ApiServer['self']): Promise<void> {
  const name = 'petrel:node-proxier'
  if (self.get(clusterRoleBindings, '', name)) return
  await self.create(clusterRoleBindings, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-proxier' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
  })
}

function securityOf({ pki, clock, rng, log, disabledAdmission = [] }: ApiServerParts, reader: ObjectReader): Security {
  const authorizer = createAuthorizer({ reader, nodeRules: nodeRules() })
  const audiences = [defaultIssuer]
  const keys = pki.serviceAccountPublicKeys.map(verifyingKey)
  const tokens = [new ServiceAccountTokens({ reader, clock, issuers: [defaultIssuer], audiences, keys })]
  return {
    authenticator: createAuthenticator({
      tokens,
      onRefusal: reason => log.debug('Caller was turned away', { reason }),
    }),
    authorizer,
    admission: [
      ...defaultAdmission(reader, { clock, rng, disabled: disabledAdmission }),
      escalationCheck({ reader, authorizer, rbac: authorizer.rbac }),
    ],
    tokens: new TokenIssuer({
      reader,
      clock,
      issuer: defaultIssuer,
      audiences,
      key: signingKey(pki.serviceAccountKey),
    }),
    reviewToken: review => reviewToken(review, { tokens, audiences }),
  }
}
