/** admissionregistration.k8s.io MutatingAdmissionPolicy. */
import type { MutatingAdmissionPolicy } from '../../api/admissionregistration-v1.gen.ts'
import type { MutatingAdmissionPolicy as MutatingAdmissionPolicyV1alpha1 } from '../../api/admissionregistration-v1alpha1.gen.ts'
import type { MutatingAdmissionPolicy as MutatingAdmissionPolicyV1beta1 } from '../../api/admissionregistration-v1beta1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, numberColumn, textColumn } from '../make-column.ts'
import { storedAs } from '../stored-as.ts'
import { setPolicyDefaults } from './defaults.ts'

const columns = nameTo<MutatingAdmissionPolicy>(
  numberColumn('Mutations', 'How many mutations the policy has.', ({ spec }) => spec?.mutations?.length),
  textColumn('ParamKind', 'What parameterizes the policy.', ({ spec }) =>
    spec?.paramKind ? `${spec.paramKind.apiVersion ?? ''}/${spec.paramKind.kind ?? ''}` : '<unset>',
  ),
)

const shared = {
  group: 'admissionregistration.k8s.io',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  namespaced: false,
  categories: ['api-extensions'],
  strategy: { hasGeneration: true, allowUnconditionalUpdate: false },
  columns,
  setDefaults: ({ spec }: MutatingAdmissionPolicy) => setPolicyDefaults(spec),
} as const

export const mutatingAdmissionPolicies = defineKind<MutatingAdmissionPolicy>({
  ...shared,
  version: 'v1',
  definition: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
})

export const mutatingAdmissionPoliciesV1beta1 = defineKind<MutatingAdmissionPolicyV1beta1>({
  ...shared,
  version: 'v1beta1',
  storage: storedAs<MutatingAdmissionPolicyV1beta1>(mutatingAdmissionPolicies, 'v1beta1'),
  definition: 'io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicy',
})

export const mutatingAdmissionPoliciesV1alpha1 = defineKind<MutatingAdmissionPolicyV1alpha1>({
  ...shared,
  version: 'v1alpha1',
  storage: storedAs<MutatingAdmissionPolicyV1alpha1>(mutatingAdmissionPolicies, 'v1alpha1'),
  definition: 'io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicy',
})
