/** admissionregistration.k8s.io MutatingAdmissionPolicyBinding. */
import type { MutatingAdmissionPolicyBinding } from '../../api/admissionregistration-v1.gen.ts'
import type { MutatingAdmissionPolicyBinding as MutatingAdmissionPolicyBindingV1alpha1 } from '../../api/admissionregistration-v1alpha1.gen.ts'
import type { MutatingAdmissionPolicyBinding as MutatingAdmissionPolicyBindingV1beta1 } from '../../api/admissionregistration-v1beta1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { storedAs } from '../stored-as.ts'
import { setMatchDefaults } from './defaults.ts'
import { paramRefCell } from './param-ref-cell.ts'

const columns = nameTo<MutatingAdmissionPolicyBinding>(
  textColumn('PolicyName', 'The policy that is bound.', ({ spec }) => spec?.policyName ?? ''),
  textColumn('ParamRef', 'The parameters it is bound with.', ({ spec }) => paramRefCell(spec?.paramRef)),
)

const shared = {
  group: 'admissionregistration.k8s.io',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  namespaced: false,
  categories: ['api-extensions'],
  strategy: { hasGeneration: true, allowUnconditionalUpdate: false },
  columns,
  setDefaults: ({ spec }: MutatingAdmissionPolicyBinding) => setMatchDefaults(spec?.matchResources),
} as const

export const mutatingAdmissionPolicyBindings = defineKind<MutatingAdmissionPolicyBinding>({
  ...shared,
  version: 'v1',
  definition: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
})

export const mutatingAdmissionPolicyBindingsV1beta1 = defineKind<MutatingAdmissionPolicyBindingV1beta1>({
  ...shared,
  version: 'v1beta1',
  storage: storedAs<MutatingAdmissionPolicyBindingV1beta1>(mutatingAdmissionPolicyBindings, 'v1beta1'),
  definition: 'io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicyBinding',
})

export const mutatingAdmissionPolicyBindingsV1alpha1 = defineKind<MutatingAdmissionPolicyBindingV1alpha1>({
  ...shared,
  version: 'v1alpha1',
  storage: storedAs<MutatingAdmissionPolicyBindingV1alpha1>(mutatingAdmissionPolicyBindings, 'v1alpha1'),
  definition: 'io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicyBinding',
})
