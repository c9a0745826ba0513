/** policy/v1 PodDisruptionBudget, after pkg/apis/policy and pkg/registry/policy. */
import type { PodDisruptionBudget } from '../../api/policy-v1.gen.ts'
import { validateLabelSelector } from '../../selectors/index.ts'
import { validateAtMost100Percent, validateCounts, validateIntOrPercent } from '../apps/index.ts'
import { validateOptionalChoice } from '../core/index.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, numberColumn, textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'

const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const

export const podDisruptionBudgets = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  columns: nameTo<PodDisruptionBudget>(
    textColumn('Min Available', 'Pods that must be there.', ({ spec }) => String(spec?.minAvailable ?? 'N/A')),
    textColumn('Max Unavailable', 'Pods that may be gone.', ({ spec }) => String(spec?.maxUnavailable ?? 'N/A')),
    numberColumn('Allowed Disruptions', 'Pods that may be evicted now.', ({ status }) => status?.disruptionsAllowed),
  ),
  strategy: withStatus<NonNullable<PodDisruptionBudget['status']>, PodDisruptionBudget>(
    { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    {
      allowUnconditionalUpdate: false,
      validate: ({ spec }, errors) => {
        if (!spec) return
        if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
          errors.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')
        }
        for (const field of ['minAvailable', 'maxUnavailable'] as const) {
          validateIntOrPercent(spec[field], `spec.${field}`, errors)
          validateAtMost100Percent(spec[field], `spec.${field}`, errors)
        }
        validateLabelSelector(spec.selector, 'spec.selector', errors)
        const policies = ['AlwaysAllow', 'IfHealthyBudget']
        validateOptionalChoice(spec.unhealthyPodEvictionPolicy, policies, 'spec.unhealthyPodEvictionPolicy', errors)
      },
    },
  ),
  subresources: {
    status: { validateUpdate: ({ status }, _old, errors) => validateCounts(status, counts, 'status', errors) },
  },
  definition: 'io.k8s.api.policy.v1.PodDisruptionBudget',
})
