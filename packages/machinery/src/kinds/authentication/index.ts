/** The kinds of authentication.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { selfSubjectReviews } from './self-subject-review.ts'
import { tokenReviews } from './token-review.ts'

export const authenticationKinds: readonly Kind[] = [selfSubjectReviews, tokenReviews]

export { selfSubjectReviews, tokenReviews }
