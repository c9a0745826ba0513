/** The kinds of authorization.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { localSubjectAccessReviews } from './local-subject-access-review.ts'
import { selfSubjectAccessReviews } from './self-subject-access-review.ts'
import { selfSubjectRulesReviews } from './self-subject-rules-review.ts'
import { subjectAccessReviews } from './subject-access-review.ts'

export const authorizationKinds: readonly Kind[] = [
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
]

export { localSubjectAccessReviews, selfSubjectAccessReviews, selfSubjectRulesReviews, subjectAccessReviews }
