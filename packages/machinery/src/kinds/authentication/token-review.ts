/** authentication.k8s.io TokenReview: answered, never stored. */
import type { TokenReview } from '../../api/authentication-v1.gen.ts'
import { defineKind } from '../define-kind.ts'

export const tokenReviews = defineKind<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
  verbs: ['create'],
  definition: 'io.k8s.api.authentication.v1.TokenReview',
})
