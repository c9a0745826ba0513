/** Kinds that are questions: who am I, whose token is this, may I, what may I. They are answered and never stored. */
import type { SelfSubjectReview, TokenReview } from '@petrel/machinery/api/authentication-v1'
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '@petrel/machinery/api/authorization-v1'
import type { KubeObject } from '@petrel/machinery/kinds'
import { badRequest, FieldErrors, invalid } from '@petrel/machinery/status'
import type { Handler } from '../chain.ts'
import type { Attributes, Authorizer, UserInfo } from '../contract.ts'
import { methodNotAllowed } from '../refusals.ts'
import { groupVersion, readAs } from '../registry/body.ts'
import type { ServedKind } from '../registry/kind-table.ts'
import { parseWriteOptions } from '../registry/write-options.ts'
import type { ApiRequest } from '../request.ts'
import { looseResult } from './loose-kind.ts'

/** `reviewToken` answers TokenReviews. */
export function reviewHandlers(
  authorizer: Authorizer,
  reviewToken: (review: TokenReview) => TokenReview,
): Map<string, Handler> {
  const answer =
    <T extends KubeObject>(make: (review: T, request: ApiRequest, served: ServedKind) => T): Handler =>
    async (request, served) => {
      if (request.info.verb !== 'create') throw methodNotAllowed()
      const options = parseWriteOptions(request.query, 'CreateOptions')
      const review = await readAs<T>(request, served.kind, options.fieldValidation)
      return looseResult(
        served.kind,
        {
          ...make(review, request, served),
          kind: served.kind.kind,
          apiVersion: groupVersion(served.kind),
        },
        201,
      )
    }
  return new Map<string, Handler>([
    [
      'authentication.k8s.io/selfsubjectreviews',
      answer<SelfSubjectReview>((review, { user }) => ({ ...review, status: { userInfo: plain(user) } })),
    ],
    ['authentication.k8s.io/tokenreviews', answer<TokenReview>(review => reviewToken(review))],
    [
      'authorization.k8s.io/selfsubjectaccessreviews',
      answer<SelfSubjectAccessReview>((review, { user }, served) => {
        const { spec } = review
        return {
          ...review,
          status: decide(authorizer, user, one(served, spec?.resourceAttributes, spec?.nonResourceAttributes)),
        }
      }),
    ],
    [
      'authorization.k8s.io/subjectaccessreviews',
      answer<SubjectAccessReview>((review, _request, served) => ({
        ...review,
        status: subject(authorizer, review, served),
      })),
    ],
    [
      'authorization.k8s.io/localsubjectaccessreviews',
      answer<LocalSubjectAccessReview>((review, { info }, served) => {
        const namespace = review.spec?.resourceAttributes?.namespace ?? ''
        if (review.spec?.nonResourceAttributes) {
          const errors = new FieldErrors()
          errors.invalid(
            'spec.nonResourceAttributes',
            review.spec.nonResourceAttributes,
            'disallowed on this kind of request',
          )
          throw invalid(served.kind, '', errors)
        }
        if (namespace !== info.namespace)
          throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${info.namespace}`)
        return { ...review, status: subject(authorizer, review, served) }
      }),
    ],
    [
      'authorization.k8s.io/selfsubjectrulesreviews',
      answer<SelfSubjectRulesReview>((review, { user }) => {
        const namespace = review.spec?.namespace ?? ''
        if (namespace === '') throw badRequest('no namespace on request')
        const { resourceRules, nonResourceRules } = authorizer.rulesFor(user, namespace)
        return {
          ...review,
          status: { resourceRules: [...resourceRules], nonResourceRules: [...nonResourceRules], incomplete: false },
        }
      }),
    ],
  ])
}

type Asked = Partial<Attributes>

/** Exactly one of the two kinds of question. */
function one(
  served: ServedKind,
  resource: ResourceAttributes | undefined,
  path: NonResourceAttributes | undefined,
): Asked {
  const errors = new FieldErrors()
  if (resource && path)
    errors.invalid('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes')
  if (!resource && !path)
    errors.invalid(
      'spec.resourceAttributes',
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    )
  if (!errors.empty) throw invalid(served.kind, '', errors)
  if (path) return { resourceRequest: false, verb: path.verb ?? '', path: path.path ?? '' }
  const {
    verb = '',
    group = '',
    version = '',
    resource: plural = '',
    subresource = '',
    namespace = '',
    name = '',
  } = resource ?? {}
  return { resourceRequest: true, verb, group, version, resource: plural, subresource, namespace, name }
}

function decide(authorizer: Authorizer, user: UserInfo, asked: Asked): { allowed: boolean; reason?: string } {
  const none = { verb: '', group: '', version: '', resource: '', subresource: '', namespace: '', name: '', path: '' }
  const { allowed, reason } = authorizer.authorize({ resourceRequest: true, ...none, ...asked, user })
  return { allowed, ...(reason !== '' && { reason }) }
}

function subject(
  authorizer: Authorizer,
  review: SubjectAccessReview | LocalSubjectAccessReview,
  served: ServedKind,
): { allowed: boolean; reason?: string } {
  const { user = '', groups = [], uid, extra, resourceAttributes, nonResourceAttributes } = review.spec ?? {}
  const asked = one(served, resourceAttributes, nonResourceAttributes)
  if (user === '' && groups.length === 0) {
    const errors = new FieldErrors()
    errors.invalid('spec.user', user, 'at least one of user or group must be specified')
    throw invalid(served.kind, '', errors)
  }
  return decide(
    authorizer,
    { username: user, groups, ...(uid !== undefined && { uid }), ...(extra && { extra }) },
    asked,
  )
}

function plain(user: UserInfo): NonNullable<NonNullable<SelfSubjectReview['status']>['userInfo']> {
  return {
    username: user.username,
    ...(user.uid !== undefined && { uid: user.uid }),
    groups: [...user.groups],
    ...(user.extra && {
      extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])),
    }),
  }
}
