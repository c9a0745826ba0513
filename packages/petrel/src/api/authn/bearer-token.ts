/** Where a request carries a bearer token: its Authorization header, or the subprotocol of a WebSocket from a browser. */
import type { Credentials } from '../contract.ts'

const protocolPrefix = 'base64url.bearer.authorization.k8s.io.'

/** Undefined when there is none. */
export function bearerToken(headers: Credentials['headers']): string | undefined {
  return fromAuthorization(first(headers['authorization'])) ?? fromSubprotocol(headers)
}

/** k8s.io/apiserver/pkg/authentication/request/bearertoken: other schemes, and an empty token, offer nothing. */
function fromAuthorization(header: string): string | undefined {
  const [scheme = '', token = ''] = header.trim().split(' ', 2)
  return scheme.toLowerCase() === 'bearer' && token !== '' ? token : undefined
}

/** k8s.io/apiserver/pkg/authentication/request/websocket: browsers can set no headers, but subprotocols. */
function fromSubprotocol(headers: Credentials['headers']): string | undefined {
  if (first(headers['upgrade']).toLowerCase() !== 'websocket') return undefined
  const offered = headers['sec-websocket-protocol']
  const protocols = (typeof offered === 'string' ? [offered] : (offered ?? [])).flatMap(line => line.split(','))
  for (const protocol of protocols) {
    const name = protocol.trim()
    if (!name.startsWith(protocolPrefix)) continue
    const token = Buffer.from(name.slice(protocolPrefix.length), 'base64url').toString()
    if (token !== '') return token
  }
  return undefined
}

function first(value: string | readonly string[] | undefined): string {
  return (typeof value === 'string' ? value : value?.[0]) ?? ''
}
