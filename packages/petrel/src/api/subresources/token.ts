/** `serviceaccounts/token`: hands the request to the issuer of tokens. */
import type { TokenRequest } from '@petrel/machinery/api/authentication-v1'
import type { Handler } from '../chain.ts'
import { methodNotAllowed } from '../refusals.ts'
import { readAs } from '../registry/body.ts'
import { looseResult, wireKind } from './loose-kind.ts'

export interface IssuesTokens {
  issue(namespace: string, name: string, request: TokenRequest, warn: (message: string) => void): TokenRequest
}

const tokenRequestKind = wireKind<TokenRequest>(
  'authentication.k8s.io',
  'v1',
  'TokenRequest',
  'io.k8s.api.authentication.v1.TokenRequest',
)

export function tokenHandler(issuer: IssuesTokens): Handler {
  return async request => {
    const { verb, namespace, name } = request.info
    if (verb !== 'create') throw methodNotAllowed()
    const asked = await readAs<TokenRequest>(request, tokenRequestKind)
    const issued = issuer.issue(namespace, name, asked, message => request.warn(message))
    return looseResult(
      tokenRequestKind,
      { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', ...issued },
      201,
    )
  }
}
