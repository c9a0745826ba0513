/** Defaults that policies, bindings and webhooks share: pkg/apis/admissionregistration/v1/defaults.go. */
import type {
  MatchResources,
  MutatingAdmissionPolicySpec,
  MutatingWebhook,
  ValidatingAdmissionPolicySpec,
  ValidatingWebhook,
} from '../../api/admissionregistration-v1.gen.ts'

/** Webhooks of either sort; failing closed, waiting ten seconds. */
export function setWebhookDefaults(webhook: MutatingWebhook | ValidatingWebhook): void {
  webhook.failurePolicy ??= 'Fail'
  webhook.matchPolicy ??= 'Equivalent'
  webhook.namespaceSelector ??= {}
  webhook.objectSelector ??= {}
  webhook.timeoutSeconds ??= 10
  for (const rule of webhook.rules ?? []) rule.scope ??= '*'
  // A struct in Go, no pointer: always there.
  webhook.clientConfig ??= {}
  const { service } = webhook.clientConfig
  if (service) service.port ??= 443
}

export function setMatchDefaults(match: MatchResources | undefined): void {
  if (!match) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= '*'
}

export function setPolicyDefaults(spec: MutatingAdmissionPolicySpec | ValidatingAdmissionPolicySpec | undefined): void {
  if (!spec) return
  spec.failurePolicy ??= 'Fail'
  setMatchDefaults(spec.matchConstraints)
}
