/** authorization.k8s.io SubjectAccessReview: answered, never stored. */
import type { SubjectAccessReview } from '../../api/authorization-v1.gen.ts'
import { defineKind } from '../define-kind.ts'

export const subjectAccessReviews = defineKind<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
  verbs: ['create'],
  definition: 'io.k8s.api.authorization.v1.SubjectAccessReview',
})
