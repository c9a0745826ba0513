import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cannotHandle, decodeJson, noKind, strictFault } from './index.ts'

test('body faults become the 400 that upstream answers', () => {
  const error = cannotHandle('Deployment', 'v1', 'json: nothing')
  assert.equal(error.code, 400)
  assert.equal(error.message, 'Deployment in version "v1" cannot be handled as a Deployment: json: nothing')
  assert.equal(
    strictFault('Pod', 'v1', ['unknown field "a"', 'duplicate field "b"']).message,
    'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "a", duplicate field "b"',
  )
  assert.throws(
    () => {
      try {
        decodeJson('{')
      } catch (cause) {
        throw noKind(cause)
      }
    },
    { message: "couldn't get version/kind; json parse error: unexpected end of JSON input" },
  )
})
