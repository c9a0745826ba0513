/** authorization.k8s.io SelfSubjectAccessReview: answered, never stored. */
import type { SelfSubjectAccessReview } from '../../api/authorization-v1.gen.ts'
import { defineKind } from '../define-kind.ts'

export const selfSubjectAccessReviews = defineKind<SelfSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  namespaced: false,
  verbs: ['create'],
  definition: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
})
