/** How a patch is refused: 400 when it is malformed, 422 when it does not fit, as apiserver's handlers/patch.go. */
import { badRequest, StatusError } from '../status/index.ts'

export const malformed = (why: string): StatusError => badRequest(why)

/** Upstream's general words, and beside them what they keep to themselves: why. */
export function unprocessable(why: string): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the server rejected our request due to an error in our request',
    reason: 'Invalid',
    details: { causes: [{ message: why, field: 'patch' }] },
    code: 422,
  })
}
