/** authentication.k8s.io SelfSubjectReview: answered, never stored. */
import type { SelfSubjectReview } from '../../api/authentication-v1.gen.ts'
import { defineKind } from '../define-kind.ts'

export const selfSubjectReviews = defineKind<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
  verbs: ['create'],
  definition: 'io.k8s.api.authentication.v1.SelfSubjectReview',
})
