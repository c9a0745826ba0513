/** admissionregistration.k8s.io ValidatingAdmissionPolicyBinding. */
import type { ValidatingAdmissionPolicyBinding } from '../../api/admissionregistration-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { setMatchDefaults } from './defaults.ts'
import { paramRefCell } from './param-ref-cell.ts'

const columns = nameTo<ValidatingAdmissionPolicyBinding>(
  textColumn('PolicyName', 'The policy that is bound.', ({ spec }) => spec?.policyName ?? ''),
  textColumn('ParamRef', 'The parameters it is bound with.', ({ spec }) => paramRefCell(spec?.paramRef)),
)

export const validatingAdmissionPolicyBindings = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  namespaced: false,
  categories: ['api-extensions'],
  strategy: { hasGeneration: true, allowUnconditionalUpdate: false },
  columns,
  setDefaults: ({ spec }) => setMatchDefaults(spec?.matchResources),
  definition: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
})
