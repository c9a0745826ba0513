/** authorization.k8s.io LocalSubjectAccessReview: answered, never stored. */
import type { LocalSubjectAccessReview } from '../../api/authorization-v1.gen.ts'
import { defineKind } from '../define-kind.ts'

export const localSubjectAccessReviews = defineKind<LocalSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  verbs: ['create'],
  definition: 'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
})
