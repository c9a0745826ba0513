/**
 * Makes certificates (RFC 5280) with ECDSA P-256 keys. The only file that needs the X.509 library, which takes longer
 * to load than everything else at a start together: import it with `import()`, when a certificate has to be made.
 */
import 'reflect-metadata'
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { authorityLifetimeMs, backdateMs, type CertificateRequest, leafLifetimeMs } from './certificate-request.ts'
import type { Identity } from './identity.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A certificate with a new key, signed by `issuer`. */
export async function makeCertificate(request: CertificateRequest, issuer: Identity, nowMs: number): Promise<Identity> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const authority = new x509.X509Certificate(issuer.certificate)
  const extensions = [
    ...usageExtensions(request),
    new x509.AuthorityKeyIdentifierExtension(await keyIdentifier(authority.publicKey)),
  ]
  const names = [
    ...request.dnsNames.map(value => ({ type: 'dns' as const, value })),
    ...request.addresses.map(value => ({ type: 'ip' as const, value })),
  ]
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: subject(request),
    issuer: authority.subjectName.toJSON(),
    notBefore: new Date(nowMs - backdateMs),
    notAfter: endOf(authority, nowMs + leafLifetimeMs),
    publicKey: keys.publicKey,
    signingKey: await importPrivateKey(issuer.key),
    signingAlgorithm: algorithm,
    extensions,
  })
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { certificate: `${certificate.toString('pem')}\n`, key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n` }
}

/** A certificate authority that signs itself, with the key given. */
export async function makeAuthority(request: CertificateRequest, keyPem: string, nowMs: number): Promise<string> {
  const publicKey = await importPublicKey(keyPem)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: subject(request),
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(nowMs + authorityLifetimeMs),
    keys: { publicKey, privateKey: await importPrivateKey(keyPem) },
    signingAlgorithm: algorithm,
    extensions: [...usageExtensions(request), await x509.SubjectKeyIdentifierExtension.create(publicKey)],
  })
  return `${certificate.toString('pem')}\n`
}

function usageExtensions(request: CertificateRequest): x509.Extension[] {
  const isAuthority = request.usages.includes('ca')
  const flags = isAuthority
    ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature
    : x509.KeyUsageFlags.digitalSignature
  const purposes: string[] = []
  if (request.usages.includes('server')) purposes.push(x509.ExtendedKeyUsage.serverAuth)
  if (request.usages.includes('client')) purposes.push(x509.ExtendedKeyUsage.clientAuth)
  return [
    new x509.BasicConstraintsExtension(isAuthority, undefined, true),
    new x509.KeyUsagesExtension(flags, true),
    ...(purposes.length > 0 ? [new x509.ExtendedKeyUsageExtension(purposes)] : []),
  ]
}

function subject(request: CertificateRequest): x509.JsonName {
  return [...request.organizations.map(name => ({ O: [name] })), { CN: [request.commonName] }]
}

/** 20 octets at most, positive and not zero (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

/** A leaf does not outlive the authority that vouches for it. */
function endOf(authority: x509.X509Certificate, wantedMs: number): Date {
  return new Date(Math.min(wantedMs, authority.notAfter.getTime()))
}

async function keyIdentifier(key: x509.PublicKey): Promise<string> {
  return Buffer.from(await key.getKeyIdentifier()).toString('hex')
}

async function importPrivateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
  return await webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign'])
}

async function importPublicKey(privatePem: string): Promise<webcrypto.CryptoKey> {
  const der = createPublicKey(privatePem).export({ type: 'spki', format: 'der' })
  return await webcrypto.subtle.importKey('spki', new Uint8Array(der), algorithm, true, ['verify'])
}
