/**
 * Pulls from a registry (OCI distribution-spec v1.1): bearer tokens and basic authentication, an index resolved for one
 * platform, blobs side by side with their digests checked, broken downloads continued by Range. Messages are worded
 * as containerd words them, since people search for them.
 */
import { type Clock, sleep } from '../../base/index.ts'
import { type BlobStore, DigestMismatch } from './blobs.ts'
import {
  choosePlatform,
  type Descriptor,
  documentLimitBytes,
  isIndex,
  type Manifest,
  mediaTypes,
  type Platform,
  parseDocument,
  parseManifest,
  parseManifests,
  sha256,
} from './oci.ts'
import { formatReference, type Reference } from './reference.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface RegistryOptions {
  readonly clock: Clock
  /** Registries spoken to without TLS besides this machine's own (localhost, 127.0.0.0/8, ::1). */
  readonly plainHttp?: readonly string[]
  /** Default 5. */
  readonly attempts?: number
  /** Blobs downloaded at the same time; default 3, as containerd. */
  readonly concurrency?: number
  /** A connection on which nothing arrives for this long is given up; default 60,000. */
  readonly stallTimeoutMs?: number
}

export interface PulledManifest {
  readonly digest: string
  /** Of the manifest and, when it came through one, of the index. */
  readonly digests: readonly string[]
  readonly bytes: Buffer
  readonly manifest: Manifest
}

/** Not worth another try: the registry answered, and said no. */
class Refused extends Error {
  override readonly name = 'Refused'
}

const accept = [mediaTypes.ociManifest, mediaTypes.dockerManifest, mediaTypes.ociIndex, mediaTypes.dockerIndex].join(
  ', ',
)

export class RegistryClient {
  readonly #options: Required<RegistryOptions>
  /** Bearer tokens by registry, repository and user: bounded, since a token is cheap to get again. */
  readonly #tokens = new Map<string, string>()

  constructor(options: RegistryOptions) {
    this.#options = { plainHttp: [], attempts: 5, concurrency: 3, stallTimeoutMs: 60_000, ...options }
  }

  /** The manifest of `reference` for `platform`. */
  async resolve(reference: Reference, platform: Platform, auth?: Credentials): Promise<PulledManifest> {
    const name = formatReference(reference)
    try {
      const first = await this.#manifest(reference, reference.digest ?? reference.tag ?? 'latest', auth)
      const document = parseDocument(first.bytes, 'manifest')
      if (!isIndex(first.mediaType, document)) {
        return { digest: first.digest, digests: [first.digest], bytes: first.bytes, manifest: parseManifest(document) }
      }
      const chosen = choosePlatform(parseManifests(document), platform)
      if (!chosen)
        throw new Refused(`no match for platform in manifest: ${platform.os}/${platform.architecture}: not found`)
      const second = await this.#manifest(reference, chosen.digest, auth)
      const manifest = parseManifest(parseDocument(second.bytes, 'manifest'))
      return { digest: second.digest, digests: [first.digest, second.digest], bytes: second.bytes, manifest }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`failed to resolve reference ${JSON.stringify(name)}: ${why}`, { cause })
    }
  }

  /** Brings the blobs that are missing into `blobs`, several at a time. Rejects with the first failure. */
  async fetchBlobs(
    reference: Reference,
    wanted: readonly Descriptor[],
    blobs: BlobStore,
    auth?: Credentials,
  ): Promise<void> {
    const queue = [...new Map(wanted.map(descriptor => [descriptor.digest, descriptor])).values()]
    const abort = new AbortController()
    const lane = async (): Promise<void> => {
      for (let next = queue.shift(); next && !abort.signal.aborted; next = queue.shift()) {
        if (!(await blobs.has(next.digest))) await this.#fetchBlob(reference, next, blobs, auth, abort.signal)
      }
    }
    const lanes = Array.from({ length: this.#options.concurrency }, () =>
      lane().catch((error: unknown) => {
        abort.abort(error)
        throw error
      }),
    )
    const failed = (await Promise.allSettled(lanes)).some(outcome => outcome.status === 'rejected')
    if (failed) throw abort.signal.reason
  }

  async #fetchBlob(
    reference: Reference,
    blob: Descriptor,
    blobs: BlobStore,
    auth: Credentials | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const path = `blobs/${blob.digest}`
    await this.#retrying(signal, async () => {
      const offset = await blobs.partial(blob.digest)
      const resume = offset > 0 && offset < blob.size
      const headers: Record<string, string> = resume ? { Range: `bytes=${offset}-` } : {}
      const { response, stalled } = await this.#request(reference, path, headers, auth, signal)
      if (!response.body) throw new Error(`GET ${response.url}: no body`)
      const chunks = response.body as AsyncIterable<Uint8Array>
      const body = (async function* () {
        for await (const chunk of chunks) {
          stalled.refresh()
          yield chunk
        }
      })()
      try {
        await blobs.ingest(blob.digest, body, resume && response.status === 206 ? offset : 0, blob.size)
      } finally {
        stalled.stop()
      }
    })
  }

  async #manifest(
    reference: Reference,
    which: string,
    auth?: Credentials,
  ): Promise<{ digest: string; mediaType: string; bytes: Buffer }> {
    return this.#retrying(undefined, async () => {
      const { response, stalled } = await this.#request(reference, `manifests/${which}`, { Accept: accept }, auth)
      const chunks: Buffer[] = []
      let size = 0
      try {
        for await (const chunk of response.body ?? []) {
          size += chunk.length
          if (size > documentLimitBytes) throw new Refused(`the manifest is larger than ${documentLimitBytes} bytes`)
          chunks.push(Buffer.from(chunk as Uint8Array))
        }
      } finally {
        stalled.stop()
      }
      const bytes = Buffer.concat(chunks)
      const digest = sha256(bytes)
      if (which.startsWith('sha256:') && digest !== which) {
        throw new DigestMismatch(`manifest has digest ${digest}, expected ${which}`)
      }
      return { digest, mediaType: response.headers.get('content-type')?.split(';')[0] ?? '', bytes }
    })
  }

  async #retrying<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await attempt()
      } catch (error) {
        const hopeless = error instanceof Refused || error instanceof DigestMismatch || signal?.aborted
        if (hopeless || tried >= this.#options.attempts) throw error
        await sleep(this.#options.clock, 200 * 2 ** (tried - 1), signal)
      }
    }
  }

  async #request(
    reference: Reference,
    path: string,
    headers: Record<string, string>,
    auth: Credentials | undefined,
    signal?: AbortSignal,
  ): Promise<{ response: Response; stalled: Stall }> {
    const host = reference.registry === 'docker.io' ? 'registry-1.docker.io' : reference.registry
    const url = `${this.#scheme(host)}://${host}/v2/${reference.repository}/${path}`
    const key = `${host}/${reference.repository}\0${auth?.username ?? ''}`
    for (let challenged = false; ; challenged = true) {
      const stalled = new Stall(this.#options.clock, this.#options.stallTimeoutMs)
      const authorization = this.#tokens.get(key)
      let response: Response
      try {
        response = await fetch(url, {
          headers: { ...headers, ...(authorization ? { Authorization: authorization } : {}) },
          signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
        })
      } catch (cause) {
        stalled.stop()
        throw new Error(`failed to do request: Get ${JSON.stringify(url)}: ${rootCause(cause)}`, { cause })
      }
      if (response.ok) return { response, stalled }
      stalled.stop()
      const detail = await errorDetail(response)
      if (response.status === 401 && !challenged) {
        this.#tokens.delete(key)
        const granted = await this.#authorize(response.headers.get('www-authenticate') ?? '', reference, auth)
        if (granted) {
          if (this.#tokens.size >= 1000) this.#tokens.clear()
          this.#tokens.set(key, granted)
          continue
        }
      }
      this.#refuse(response, reference, url, detail)
    }
  }

  #refuse(response: Response, reference: Reference, url: string, detail: string): never {
    const { status } = response
    if (status === 404) throw new Refused(`${formatReference(reference)}: not found`)
    if (status === 401 || status === 403) {
      throw new Refused(
        `pull access denied, repository does not exist or may require authorization: ${detail || 'authorization failed'}`,
      )
    }
    const message = `unexpected status from GET request to ${url}: ${status} ${response.statusText}${detail ? `: ${detail}` : ''}`
    throw status === 429 || status >= 500 ? new Error(message) : new Refused(message)
  }

  /** Answers a WWW-Authenticate challenge; undefined when there is nothing to answer with. */
  async #authorize(
    challenge: string,
    reference: Reference,
    auth: Credentials | undefined,
  ): Promise<string | undefined> {
    const basic = auth && `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
    if (/^basic\b/i.test(challenge)) return basic
    if (!/^bearer\b/i.test(challenge)) return undefined
    const fields = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name?.toLowerCase(), value]),
    )
    const realm = fields.get('realm')
    if (!realm) return undefined
    const url = new URL(realm)
    if (fields.has('service')) url.searchParams.set('service', fields.get('service') ?? '')
    url.searchParams.set('scope', fields.get('scope') ?? `repository:${reference.repository}:pull`)
    const response = await fetch(url, {
      headers: basic ? { Authorization: basic } : {},
      signal: AbortSignal.timeout(this.#options.stallTimeoutMs),
    })
    if (!response.ok) {
      const detail = await errorDetail(response)
      throw new Refused(
        `failed to authorize: failed to fetch oauth token: unexpected status ${response.status}${detail ? `: ${detail}` : ''}`,
      )
    }
    const body = (await response.json()) as { token?: unknown; access_token?: unknown }
    const token = body.token ?? body.access_token
    return typeof token === 'string' ? `Bearer ${token}` : undefined
  }

  #scheme(host: string): string {
    const name = host.replace(/:\d+$/, '')
    const local = name === 'localhost' || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name)
    return local || this.#options.plainHttp.includes(host) ? 'http' : 'https'
  }
}

/** Aborts a request on which nothing arrives any more. */
class Stall {
  readonly #controller = new AbortController()
  readonly #clock: Clock
  readonly #timeoutMs: number
  #timer: { cancel(): void }

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#timer = this.#start()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  refresh(): void {
    this.#timer.cancel()
    this.#timer = this.#start()
  }

  stop(): void {
    this.#timer.cancel()
  }

  #start(): { cancel(): void } {
    return this.#clock.after(this.#timeoutMs, () =>
      this.#controller.abort(new Error(`no data for ${this.#timeoutMs} ms`)),
    )
  }
}

/** The message of the registry's error document, cut to a line. */
async function errorDetail(response: Response): Promise<string> {
  const text = (await response.text()).slice(0, 4096)
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: string; message?: string }[] }
    return (errors ?? []).map(error => `${(error.code ?? '').toLowerCase()}: ${error.message ?? ''}`).join('; ')
  } catch {
    return text.split('\n')[0]?.slice(0, 200) ?? ''
  }
}

function rootCause(error: unknown): string {
  let cause = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}
