/** The kinds of admissionregistration.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import {
  mutatingAdmissionPolicies,
  mutatingAdmissionPoliciesV1alpha1,
  mutatingAdmissionPoliciesV1beta1,
} from './mutating-admission-policy.ts'
import {
  mutatingAdmissionPolicyBindings,
  mutatingAdmissionPolicyBindingsV1alpha1,
  mutatingAdmissionPolicyBindingsV1beta1,
} from './mutating-admission-policy-binding.ts'
import { mutatingWebhookConfigurations } from './mutating-webhook-configuration.ts'
import { validatingAdmissionPolicies } from './validating-admission-policy.ts'
import { validatingAdmissionPolicyBindings } from './validating-admission-policy-binding.ts'
import { validatingWebhookConfigurations } from './validating-webhook-configuration.ts'

export const admissionregistrationKinds: readonly Kind[] = [
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  mutatingAdmissionPoliciesV1beta1,
  mutatingAdmissionPolicyBindingsV1beta1,
  mutatingAdmissionPoliciesV1alpha1,
  mutatingAdmissionPolicyBindingsV1alpha1,
]

export {
  mutatingAdmissionPolicies,
  mutatingAdmissionPoliciesV1alpha1,
  mutatingAdmissionPoliciesV1beta1,
  mutatingAdmissionPolicyBindings,
  mutatingAdmissionPolicyBindingsV1alpha1,
  mutatingAdmissionPolicyBindingsV1beta1,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
}
