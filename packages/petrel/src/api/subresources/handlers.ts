/** Which subresource is answered by what; the table that chain.ts looks into. */
import type { TokenReview } from '@petrel/machinery/api/authentication-v1'
import type { Handler } from '../chain.ts'
import type { Authorizer } from '../contract.ts'
import type { NodeDialer } from '../node-dialer.ts'
import type { Registry } from '../registry/registry.ts'
import { approvalRules } from './approval.ts'
import { bindingHandler } from './binding.ts'
import { ephemeralContainersRules, finalizeRules, resizeRules } from './declared-views.ts'
import { evictionHandler } from './eviction.ts'
import { podStreamHandlers } from './pod-streams.ts'
import { proxyHandlers } from './proxies.ts'
import { reviewHandlers } from './reviews.ts'
import { scaleHandler } from './scale.ts'
import { statusRules } from './status.ts'
import { type IssuesTokens, tokenHandler } from './token.ts'
import { viewHandler } from './view.ts'

export interface HandlerParts {
  readonly registry: Registry
  readonly authorizer: Authorizer
  readonly reviewToken: (review: TokenReview) => TokenReview
  /** Without one, serviceaccounts/token is not there. */
  readonly tokens: IssuesTokens | undefined
  readonly nodes: NodeDialer | undefined
}

export function subresourceHandlers({
  registry,
  authorizer,
  reviewToken,
  tokens,
  nodes,
}: HandlerParts): ReadonlyMap<string, Handler> {
  return new Map<string, Handler>([
    ['*/status', viewHandler(registry, statusRules)],
    ['*/scale', scaleHandler(registry)],
    ['/namespaces/finalize', viewHandler(registry, () => finalizeRules)],
    ['/pods/binding', bindingHandler(registry)],
    ['/bindings', bindingHandler(registry)],
    ['/pods/eviction', evictionHandler(registry)],
    ['/pods/ephemeralcontainers', viewHandler(registry, () => ephemeralContainersRules)],
    ['/pods/resize', viewHandler(registry, () => resizeRules)],
    ['certificates.k8s.io/certificatesigningrequests/approval', viewHandler(registry, () => approvalRules)],
    ...(tokens ? [['/serviceaccounts/token', tokenHandler(tokens)] as const] : []),
    ...podStreamHandlers(registry, nodes),
    ...proxyHandlers(registry, nodes),
    ...reviewHandlers(authorizer, reviewToken),
  ])
}
