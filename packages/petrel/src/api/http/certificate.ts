/** The client certificate of a connection, once per connection. Only one that the client CA vouches for counts. */
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Credentials } from '../contract.ts'

type Certificate = Credentials['certificate']

const known = new WeakMap<object, { certificate: Certificate }>()

export function certificateOf(socket: Duplex): Certificate {
  // http2 hands out a proxy of the socket; the proxy is one object per session, so it serves as key as well.
  const memo = known.get(socket)
  if (memo) return memo.certificate
  const certificate = read(socket)
  known.set(socket, { certificate })
  return certificate
}

function read(socket: Duplex): Certificate {
  // http2's proxy of the socket is no instance of TLSSocket, but passes these on.
  const tls = socket as TLSSocket
  if (!tls.encrypted || !tls.authorized) return undefined
  const peer = tls.getPeerCertificate()
  const subject = peer?.subject as unknown as Record<string, string | string[] | undefined> | undefined
  if (!subject) return undefined
  const commonName = [subject['CN'] ?? ''].flat()[0] ?? ''
  const organizations = [subject['O'] ?? []].flat()
  const uid = [subject['1.3.6.1.4.1.57683.2'] ?? []].flat()[0]
  const sha256 = peer.fingerprint256?.replaceAll(':', '').toLowerCase()
  return { commonName, organizations, ...(uid !== undefined && { uid }), ...(sha256 !== undefined && { sha256 }) }
}
