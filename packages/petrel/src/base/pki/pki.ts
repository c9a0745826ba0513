/**
 * The cluster's certificates and signing keys. `openPki` makes what is missing and reads the rest; `renewIfDue` makes
 * anew what nears its end while the program runs, and tells who listens. Names and contents of the client certificates
 * are kubeadm's (cmd/kubeadm/app/phases/certs, app/phases/kubeconfig), with the administrator in system:masters.
 */
import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { isCertificateDue, newKeyPem, openAuthority, renewAuthority } from './authority.ts'
import { type CertificateRequest, clientRequest, servingRequest } from './certificate-request.ts'
import {
  checkSignedBy,
  type Identity,
  type LoadedIdentity,
  parseIdentity,
  parsePrivateKey,
  parsePublicKeys,
  publicKeyPem,
} from './identity.ts'
import { replaceFile } from './replace-file.ts'

/** Identities that every control plane has. */
export type IdentityName = 'apiserver' | 'admin' | 'controller-manager' | 'scheduler' | 'front-proxy-client'

export interface PkiOptions {
  /** Made when it does not exist. */
  readonly folder: string
  readonly clock: Clock
  /** Further names of the API server: the machine's host names. */
  readonly dnsNames?: readonly string[]
  /** Further addresses of the API server: where it listens. */
  readonly addresses?: readonly string[]
  /** Address of the Service `kubernetes`, the first of the service range; 10.96.0.1 when undefined. */
  readonly serviceAddress?: string
}

export interface Pki {
  /** PEM of the authority for serving, clients and nodes. */
  readonly clusterAuthority: string
  /** PEM of the authority for requests that the API server passes on to aggregated servers. */
  readonly frontProxyAuthority: string
  /** PKCS #8 PEM of the key that signs service account tokens. */
  readonly serviceAccountKey: string
  /** PEM of every public key whose tokens are accepted; the first belongs to `serviceAccountKey`. */
  readonly serviceAccountPublicKeys: readonly string[]
  /** The current one: ask again after a renewal. */
  identity(name: IdentityName): Identity
  /** The client certificate of a node (CN=system:node:NAME, O=system:nodes), kept in the folder. */
  node(name: string): Promise<Identity>
  /** A certificate signed by the cluster authority that is kept nowhere. */
  issue(request: CertificateRequest): Promise<Identity>
  /**
   * Makes anew every certificate in the last quarter of its life and resolves with the names of what changed: identity
   * names, `ca`, `front-proxy-ca`, `nodes/NAME`. Call it now and then; it costs microseconds when nothing is due.
   */
  renewIfDue(clock?: Clock): Promise<readonly string[]>
  /** Calls back after a renewal, with the names. A server then takes `identity('apiserver')` into use. */
  onRenewed(renewed: (names: readonly string[]) => void): { cancel(): void }
}

const nodeName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/

/** Throws an Error that names the file when something in the folder is damaged or does not belong together. */
export async function openPki(options: PkiOptions): Promise<Pki> {
  const folder = new PkiFolder(options)
  await folder.open()
  return folder
}

class PkiFolder implements Pki {
  readonly #folder: string
  readonly #clock: Clock
  readonly #requests: Readonly<Record<IdentityName, CertificateRequest>>
  readonly #loaded = new Map<string, LoadedIdentity>()
  readonly #opening = new Map<string, Promise<LoadedIdentity>>()
  readonly #listeners = new Set<(names: readonly string[]) => void>()
  #cluster!: LoadedIdentity
  #frontProxy!: LoadedIdentity
  #serviceAccountKey = ''
  #renewing: Promise<readonly string[]> | undefined
  #serviceAccountPublicKeys: readonly string[] = []

  constructor(options: PkiOptions) {
    this.#folder = options.folder
    this.#clock = options.clock
    this.#requests = {
      apiserver: servingRequest(options.serviceAddress ?? '10.96.0.1', options.dnsNames ?? [], options.addresses ?? []),
      admin: clientRequest('kubernetes-admin', ['system:masters']),
      'controller-manager': clientRequest('system:kube-controller-manager'),
      scheduler: clientRequest('system:kube-scheduler'),
      'front-proxy-client': clientRequest('front-proxy-client'),
    }
  }

  async open(): Promise<void> {
    const now = this.#clock.now()
    this.#cluster = await openAuthority(this.#authorityFiles('ca', 'kubernetes'), now)
    this.#frontProxy = await openAuthority(this.#authorityFiles('front-proxy-ca', 'front-proxy-ca'), now)
    await this.#openServiceAccountKeys()
    for (const name of Object.keys(this.#requests) as IdentityName[]) await this.#openLeaf(name, this.#requests[name])
    await this.renewIfDue()
  }

  get clusterAuthority(): string {
    return this.#cluster.certificate
  }

  get frontProxyAuthority(): string {
    return this.#frontProxy.certificate
  }

  get serviceAccountKey(): string {
    return this.#serviceAccountKey
  }

  get serviceAccountPublicKeys(): readonly string[] {
    return this.#serviceAccountPublicKeys
  }

  identity(name: IdentityName): Identity {
    const { certificate, key } = this.#loaded.get(name)!
    return { certificate, key }
  }

  async node(name: string): Promise<Identity> {
    if (name.length > 253 || !nodeName.test(name))
      throw new TypeError(`Cannot make a certificate for node "${name}": not a DNS-1123 subdomain`)
    const path = `nodes/${name}`
    let opening = this.#opening.get(path)
    if (!opening) {
      opening = this.#openLeaf(path, this.#request(path)).finally(() => this.#opening.delete(path))
      this.#opening.set(path, opening)
    }
    const { certificate, key } = this.#loaded.get(path) ?? (await opening)
    return { certificate, key }
  }

  async issue(request: CertificateRequest): Promise<Identity> {
    const { makeCertificate } = await import('./make-certificate.ts')
    return await makeCertificate(request, this.#cluster, this.#clock.now())
  }

  renewIfDue(clock: Clock = this.#clock): Promise<readonly string[]> {
    this.#renewing ??= this.#renew(clock.now()).finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async #renew(now: number): Promise<readonly string[]> {
    const renewed: string[] = []
    if (isCertificateDue(this.#cluster.parsed, now)) {
      this.#cluster = await renewAuthority(this.#authorityFiles('ca', 'kubernetes'), this.#cluster.key, now)
      renewed.push('ca')
    }
    if (isCertificateDue(this.#frontProxy.parsed, now)) {
      const files = this.#authorityFiles('front-proxy-ca', 'front-proxy-ca')
      this.#frontProxy = await renewAuthority(files, this.#frontProxy.key, now)
      renewed.push('front-proxy-ca')
    }
    for (const [name, loaded] of this.#loaded) {
      const request = this.#request(name)
      if (isCurrent(loaded, request, now)) continue
      await this.#makeLeaf(name, request, now)
      renewed.push(name)
    }
    if (renewed.length > 0) for (const listener of this.#listeners) listener(renewed)
    return renewed
  }

  onRenewed(renewed: (names: readonly string[]) => void): { cancel(): void } {
    const listener = (names: readonly string[]): void => renewed(names)
    this.#listeners.add(listener)
    return { cancel: () => void this.#listeners.delete(listener) }
  }

  #request(name: string): CertificateRequest {
    if (!name.startsWith('nodes/')) return this.#requests[name as IdentityName]
    return clientRequest(`system:node:${name.slice('nodes/'.length)}`, ['system:nodes'])
  }

  #authorityFiles(name: string, commonName: string): { certificate: string; key: string; commonName: string } {
    return { certificate: join(this.#folder, `${name}.crt`), key: join(this.#folder, `${name}.key`), commonName }
  }

  #issuer(name: string): { readonly file: string; readonly authority: LoadedIdentity } {
    return name === 'front-proxy-client'
      ? { file: join(this.#folder, 'front-proxy-ca.crt'), authority: this.#frontProxy }
      : { file: join(this.#folder, 'ca.crt'), authority: this.#cluster }
  }

  async #openLeaf(name: string, request: CertificateRequest): Promise<LoadedIdentity> {
    const file = join(this.#folder, `${name}.pem`)
    if (!existsSync(file)) return await this.#makeLeaf(name, request, this.#clock.now())
    const loaded = parseIdentity(file, readFileSync(file, 'utf8'))
    const issuer = this.#issuer(name)
    checkSignedBy(file, loaded.parsed, issuer.file, issuer.authority.parsed)
    if (!isCurrent(loaded, request, this.#clock.now())) return await this.#makeLeaf(name, request, this.#clock.now())
    this.#loaded.set(name, loaded)
    return loaded
  }

  async #makeLeaf(name: string, request: CertificateRequest, nowMs: number): Promise<LoadedIdentity> {
    const { makeCertificate } = await import('./make-certificate.ts')
    const file = join(this.#folder, `${name}.pem`)
    const identity = await makeCertificate(request, this.#issuer(name).authority, nowMs)
    const text = identity.certificate + identity.key
    await replaceFile(file, text)
    const loaded = parseIdentity(file, text)
    this.#loaded.set(name, loaded)
    return loaded
  }

  async #openServiceAccountKeys(): Promise<void> {
    const keyFile = join(this.#folder, 'sa.key')
    const publicFile = join(this.#folder, 'sa.pub')
    if (!existsSync(keyFile)) await replaceFile(keyFile, newKeyPem())
    this.#serviceAccountKey = readFileSync(keyFile, 'utf8')
    const own = publicKeyPem(createPublicKey(parsePrivateKey(keyFile, this.#serviceAccountKey)))
    if (!existsSync(publicFile)) await replaceFile(publicFile, own)
    const others = parsePublicKeys(publicFile, readFileSync(publicFile, 'utf8')).filter(pem => pem !== own)
    this.#serviceAccountPublicKeys = [own, ...others]
  }
}

function isCurrent({ parsed }: LoadedIdentity, request: CertificateRequest, nowMs: number): boolean {
  return !isCertificateDue(parsed, nowMs) && covers(parsed.subjectAltName ?? '', request)
}

/** True when the certificate answers to every name that is asked for: addresses and host names change between starts. */
function covers(subjectAltName: string, request: CertificateRequest): boolean {
  const present = new Set(subjectAltName.split(', '))
  return (
    request.dnsNames.every(name => present.has(`DNS:${name}`)) &&
    request.addresses.every(address => present.has(`IP Address:${printedAddress(address)}`))
  )
}

/** As Node prints it in subjectAltName: IPv6 in eight groups, upper case, without leading zeros. */
function printedAddress(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const before = head === '' ? [] : head.split(':')
  if (tail === undefined) return before.join(':').toUpperCase()
  const after = tail === '' ? [] : tail.split(':')
  const zeros = new Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].join(':').toUpperCase()
}
