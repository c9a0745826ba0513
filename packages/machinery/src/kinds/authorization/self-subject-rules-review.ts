/** authorization.k8s.io SelfSubjectRulesReview: answered, never stored. */
import type { SelfSubjectRulesReview } from '../../api/authorization-v1.gen.ts'
import { defineKind } from '../define-kind.ts'

export const selfSubjectRulesReviews = defineKind<SelfSubjectRulesReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  namespaced: false,
  verbs: ['create'],
  definition: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
})
