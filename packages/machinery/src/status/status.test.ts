import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as status from './index.ts'

const pods = { group: '', plural: 'pods' }
const deployments = { group: 'apps', plural: 'deployments' }

const words: readonly [status.StatusError, number, string, string][] = [
  [status.notFound(pods, 'a'), 404, 'NotFound', 'pods "a" not found'],
  [status.notFound(deployments, 'a'), 404, 'NotFound', 'deployments.apps "a" not found'],
  [status.alreadyExists(deployments, 'a'), 409, 'AlreadyExists', 'deployments.apps "a" already exists'],
  [
    status.conflict(
      pods,
      'a',
      'the object has been modified; please apply your changes to the latest version and try again',
    ),
    409,
    'Conflict',
    'Operation cannot be fulfilled on pods "a": the object has been modified; please apply your changes to the latest version and try again',
  ],
  [status.forbidden(pods, '', 'User "x" cannot list'), 403, 'Forbidden', 'pods is forbidden: User "x" cannot list'],
  [status.forbidden(pods, 'a', 'no'), 403, 'Forbidden', 'pods "a" is forbidden: no'],
  [status.forbidden({ group: '', plural: '' }, '', 'no'), 403, 'Forbidden', 'forbidden: no'],
  [status.timeout('slow', 1), 504, 'Timeout', 'Timeout: slow'],
  [status.tooManyRequests('busy', 1), 429, 'TooManyRequests', 'busy'],
]

for (const [error, code, reason, message] of words) {
  test(`StatusError says ${JSON.stringify(message)}`, () => {
    assert.equal(error.code, code)
    assert.equal(error.reason, reason)
    assert.equal(error.message, message)
    assert.equal(error.status.status, 'Failure')
  })
}

test('invalid() names one fault plainly and several in brackets, with a cause each', () => {
  const errors = new status.FieldErrors()
  errors.required('spec.containers')
  const one = status.invalid({ group: '', kind: 'Pod' }, 'a', errors)
  assert.equal(one.message, 'Pod "a" is invalid: spec.containers: Required value')
  errors.notSupported('spec.restartPolicy', 'Maybe', ['Always', 'OnFailure', 'Never'])
  const two = status.invalid({ group: 'apps', kind: 'Deployment' }, 'a', errors)
  assert.equal(
    two.message,
    'Deployment.apps "a" is invalid: [spec.containers: Required value, spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"]',
  )
  assert.deepEqual(two.status.details?.causes?.[1], {
    reason: 'FieldValueNotSupported',
    message: 'Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
    field: 'spec.restartPolicy',
  })
})

test('StatusError.from() keeps a StatusError and wraps the rest with its cause', () => {
  const error = status.notFound(pods, 'a')
  assert.equal(status.StatusError.from(error), error)
  const cause = new Error('disk on fire')
  const wrapped = status.StatusError.from(cause)
  assert.equal(wrapped.code, 500)
  assert.equal(wrapped.message, 'Internal error occurred: disk on fire')
  assert.equal(wrapped.cause, cause)
})
