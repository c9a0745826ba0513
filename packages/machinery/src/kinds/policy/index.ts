/** The kinds of policy, version by version. */
import type { Kind } from '../kind.ts'
import { podDisruptionBudgets } from './pod-disruption-budget.ts'

export const policyKinds: readonly Kind[] = [podDisruptionBudgets]

export { podDisruptionBudgets }
