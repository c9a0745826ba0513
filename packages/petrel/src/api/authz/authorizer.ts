/**
 * The union of the authorizers, in upstream's order (pkg/kubeapiserver/authorizer): system:masters, Node, RBAC. The first
 * that allows decides; the reasons of the others are kept for the refusal.
 */
import type { PolicyRule } from '@petrel/machinery/api/rbac-v1'
import type { Authorizer, Decision, ObjectReader } from '../contract.ts'
import { mastersGroup } from '../user-names.ts'
import { NodeAuthorizer } from './node-authorizer.ts'
import { RbacAuthorizer } from './rbac-authorizer.ts'

export interface AuthorizerOptions {
  readonly reader: ObjectReader
  /** Rules of the cluster role system:node, for nodes. */
  readonly nodeRules: readonly PolicyRule[]
}

const master: Decision = Object.freeze({ allowed: true, reason: '' })

/** Follows the reader until closed. `rbac` is the part that the escalation check asks. */
export function createAuthorizer(
  options: AuthorizerOptions,
): Authorizer & { readonly rbac: RbacAuthorizer; close(): void } {
  const rbac = new RbacAuthorizer(options.reader)
  const nodes = new NodeAuthorizer(options.reader, options.nodeRules)
  return {
    rbac,
    authorize(request) {
      if (request.user.groups.includes(mastersGroup)) return master
      const byNode = nodes.authorize(request)
      if (byNode.allowed) return byNode
      const byRbac = rbac.authorize(request)
      if (byRbac.allowed || byNode.reason === '') return byRbac
      return { allowed: false, reason: byRbac.reason === '' ? byNode.reason : `${byNode.reason}\n${byRbac.reason}` }
    },
    rulesFor: (user, namespace) => rbac.rulesFor(user, namespace),
    close() {
      rbac.close()
      nodes.close()
    },
  }
}
