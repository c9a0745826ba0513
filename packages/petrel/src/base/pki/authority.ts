/**
 * A certificate authority on disk. Its key is written once, before the first certificate, and never changes: a renewed
 * authority certificate carries the same name and key, so what clients trust and what was signed before stays good.
 */
import { generateKeyPairSync, type X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { authorityRequest, isDue } from './certificate-request.ts'
import { type LoadedIdentity, pair, parsePrivateKey, refuse } from './identity.ts'
import { replaceFile } from './replace-file.ts'

export interface AuthorityFiles {
  readonly certificate: string
  readonly key: string
  readonly commonName: string
}

/** Reads the authority, or makes what is missing of it. */
export async function openAuthority(files: AuthorityFiles, nowMs: number): Promise<LoadedIdentity> {
  if (!existsSync(files.key)) {
    if (existsSync(files.certificate)) throw refuse(files.certificate, `its private key "${files.key}" is missing`)
    await replaceFile(files.key, newKeyPem())
  }
  const key = readFileSync(files.key, 'utf8')
  parsePrivateKey(files.key, key)
  if (!existsSync(files.certificate)) return await renewAuthority(files, key, nowMs)
  return pair(files.certificate, readFileSync(files.certificate, 'utf8'), files.key, key)
}

/** Writes a new certificate for the same key. */
export async function renewAuthority(files: AuthorityFiles, key: string, nowMs: number): Promise<LoadedIdentity> {
  const { makeAuthority } = await import('./make-certificate.ts')
  const certificate = await makeAuthority(authorityRequest(files.commonName), key, nowMs)
  await replaceFile(files.certificate, certificate)
  return pair(files.certificate, certificate, files.key, key)
}

/** A P-256 private key in PKCS #8 PEM. */
export function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
}

export function isCertificateDue(certificate: X509Certificate, nowMs: number): boolean {
  return isDue(Date.parse(certificate.validFrom), Date.parse(certificate.validTo), nowMs)
}
