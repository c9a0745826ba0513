/** admissionregistration.k8s.io ValidatingAdmissionPolicy. */
import type { ValidatingAdmissionPolicy } from '../../api/admissionregistration-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, numberColumn, textColumn } from '../make-column.ts'
import { statusAndGeneration } from '../with-status.ts'
import { setPolicyDefaults } from './defaults.ts'

const columns = nameTo<ValidatingAdmissionPolicy>(
  numberColumn('Validations', 'How many validations the policy has.', ({ spec }) => spec?.validations?.length),
  textColumn('ParamKind', 'What parameterizes the policy.', ({ spec }) =>
    spec?.paramKind ? `${spec.paramKind.apiVersion ?? ''}/${spec.paramKind.kind ?? ''}` : '<unset>',
  ),
)

export const validatingAdmissionPolicies = defineKind<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  namespaced: false,
  categories: ['api-extensions'],
  strategy: { ...statusAndGeneration, allowUnconditionalUpdate: false },
  subresources: { status: {} },
  columns,
  setDefaults: ({ spec }) => setPolicyDefaults(spec),
  definition: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
})
