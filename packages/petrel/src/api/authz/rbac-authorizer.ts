/** RBAC (plugin/pkg/auth/authorizer/rbac): allowed is what some rule of some role that is bound to the caller allows. */
import type { PolicyRule } from '@petrel/machinery/api/rbac-v1'
import type { Attributes, Authorizer, Decision, ObjectReader, UserInfo } from '../contract.ts'
import { RbacIndex } from './rbac-index.ts'
import { ruleAllows } from './rule-match.ts'

const denied: Decision = Object.freeze({ allowed: false, reason: '' })

export class RbacAuthorizer implements Authorizer {
  readonly #index: RbacIndex

  /** Follows `reader` until closed. */
  constructor(reader: ObjectReader) {
    this.#index = new RbacIndex(reader)
  }

  close(): void {
    this.#index.close()
  }

  authorize(request: Attributes): Decision {
    let source: string | undefined
    let missing: string[] | undefined
    this.#index.visit(request.user.username, request.user.groups, request.namespace, grant => {
      const rules = grant.role.rules
      if (!rules) {
        missing = [...(missing ?? []), grant.role.missing]
        return true
      }
      for (const rule of rules) {
        if (!ruleAllows(rule, request)) continue
        source = grant.source
        return false
      }
      return true
    })
    if (source !== undefined) return { allowed: true, reason: `RBAC: allowed by ${source}` }
    return missing === undefined ? denied : { allowed: false, reason: `RBAC: ${aggregate(missing)}` }
  }

  rulesFor(user: UserInfo, namespace: string): ReturnType<Authorizer['rulesFor']> {
    const { rules } = this.policyRules(user, namespace)
    return {
      resourceRules: rules
        .filter(rule => rule.resources && rule.resources.length > 0)
        .map(rule => ({
          verbs: [...rule.verbs],
          apiGroups: [...(rule.apiGroups ?? [])],
          resources: [...(rule.resources ?? [])],
          resourceNames: [...(rule.resourceNames ?? [])],
        })),
      nonResourceRules: rules
        .filter(rule => rule.nonResourceURLs && rule.nonResourceURLs.length > 0)
        .map(rule => ({ verbs: [...rule.verbs], nonResourceURLs: [...(rule.nonResourceURLs ?? [])] })),
    }
  }

  /** Every rule of the user in `namespace` ('' for the cluster alone), and the roles that are bound but missing. */
  policyRules(user: UserInfo, namespace: string): { readonly rules: PolicyRule[]; readonly missing: string[] } {
    const rules: PolicyRule[] = []
    const missing: string[] = []
    this.#index.visit(user.username, user.groups, namespace, ({ role }) => {
      if (role.rules) rules.push(...role.rules)
      else missing.push(role.missing)
      return true
    })
    return { rules, missing }
  }
}

/** utilerrors.Aggregate: one as it is, several in brackets, each once. */
function aggregate(messages: readonly string[]): string {
  const distinct = [...new Set(messages)]
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`
}
