/**
 * A certificate with its private key, as PEM, and the loading of it: a file that is damaged, or whose parts do not
 * belong together, is refused with words that say which file and why, and is never silently replaced.
 */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'

export interface Identity {
  /** PEM of the certificate. */
  readonly certificate: string
  /** PKCS #8 PEM. */
  readonly key: string
}

/** An identity that was read and checked. */
export interface LoadedIdentity extends Identity {
  readonly parsed: X509Certificate
}

/** Takes the certificate and the key out of `text`, in which they stand in any order. */
export function parseIdentity(file: string, text: string): LoadedIdentity {
  const certificate = pemBlock(text, 'CERTIFICATE')
  const key = pemBlock(text, '(?:EC |RSA )?PRIVATE KEY')
  if (certificate === undefined) throw refuse(file, 'it holds no PEM block CERTIFICATE')
  if (key === undefined) throw refuse(file, 'it holds no PEM block PRIVATE KEY')
  return pair(file, certificate, file, key)
}

/** Checks that `key` is the private key of `certificate`. */
export function pair(certificateFile: string, certificate: string, keyFile: string, key: string): LoadedIdentity {
  const parsed = parseCertificate(certificateFile, certificate)
  if (!parsed.checkPrivateKey(parsePrivateKey(keyFile, key))) {
    const other = keyFile === certificateFile ? 'the private key in it' : `the private key in "${keyFile}"`
    throw refuse(certificateFile, `its certificate does not match ${other}`)
  }
  return { certificate, key, parsed }
}

export function parseCertificate(file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw refuse(file, 'the certificate in it is damaged', cause)
  }
}

export function parsePrivateKey(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw refuse(file, 'the private key in it is damaged', cause)
  }
}

/** Every public key in `text`, as PEM. */
export function parsePublicKeys(file: string, text: string): string[] {
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[\s\S]*?-----END PUBLIC KEY-----/g) ?? []
  if (blocks.length === 0) throw refuse(file, 'it holds no PEM block PUBLIC KEY')
  return blocks.map(block => {
    try {
      return publicKeyPem(createPublicKey(block))
    } catch (cause) {
      throw refuse(file, 'a public key in it is damaged', cause)
    }
  })
}

export function publicKeyPem(key: KeyObject): string {
  return String(key.export({ type: 'spki', format: 'pem' }))
}

/** Checks that `authority` signed `leaf`. */
export function checkSignedBy(
  file: string,
  leaf: X509Certificate,
  authorityFile: string,
  authority: X509Certificate,
): void {
  if (leaf.checkIssued(authority) && leaf.verify(authority.publicKey)) return
  throw refuse(
    file,
    `it is not signed by the authority in "${authorityFile}"; remove it to have it made anew, or bring back the authority's files`,
  )
}

export function refuse(file: string, why: string, cause?: unknown): Error {
  return new Error(`Cannot load "${file}": ${why}`, cause === undefined ? undefined : { cause })
}

function pemBlock(text: string, label: string): string | undefined {
  const found = new RegExp(`-----BEGIN ${label}-----[\\s\\S]*?-----END ${label}-----`).exec(text)
  return found ? `${found[0]}\n` : undefined
}
