/**
 * Brings images by a container's pull policy (pkg/kubelet/images): one pull at a time for one reference, however many
 * pods wait for it, and a delay after failures: 10 s, doubling, at most 5 min, per pod and image.
 */
import type { Container, Pod } from '@petrel/machinery/api/core-v1'
import type { Clock } from '../../base/index.ts'
import { type Image, type ImageService, RuntimeError } from '../runtime/index.ts'
import type { WaitReason } from './pod-status.ts'

const initialMs = 10_000
const maxMs = 300_000

export interface RegistryCredentials {
  readonly username: string
  readonly password: string
}

export type Pulled = { readonly image: Image } | { readonly waiting: WaitReason; readonly retryMs: number }

export class ImagePuller {
  readonly #images: ImageService
  readonly #clock: Clock
  readonly #pulls = new Map<string, Promise<Image>>()
  readonly #failures = new Map<string, { ms: number; until: number; message: string }>()

  constructor(images: ImageService, clock: Clock) {
    this.#images = images
    this.#clock = clock
  }

  /** `say` records events about the container. Credentials are asked for only when something is pulled. */
  async ensure(
    pod: Pod,
    container: Container,
    say: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
    credentials: () => Promise<RegistryCredentials | undefined>,
  ): Promise<Pulled> {
    const reference = container.image ?? ''
    const policy = container.imagePullPolicy ?? 'IfNotPresent'
    const present = policy === 'Always' ? undefined : await this.#images.status(reference)
    if (present) {
      say('Normal', 'Pulled', `Container image "${reference}" already present on machine`)
      return { image: present }
    }
    if (policy === 'Never') {
      const message = `Container image "${reference}" is not present with pull policy of Never`
      say('Warning', 'ErrImageNeverPull', message)
      return { waiting: { reason: 'ErrImageNeverPull', message }, retryMs: initialMs }
    }
    return this.#pull(`${pod.metadata?.uid}/${reference}`, reference, say, credentials)
  }

  /** The pod is gone. */
  forget(uid: string): void {
    for (const key of this.#failures.keys()) if (key.startsWith(`${uid}/`)) this.#failures.delete(key)
  }

  async #pull(
    key: string,
    reference: string,
    say: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
    credentials: () => Promise<RegistryCredentials | undefined>,
  ): Promise<Pulled> {
    const failure = this.#failures.get(key)
    const left = (failure?.until ?? 0) - this.#clock.now()
    if (failure && left > 0) {
      const message = `Back-off pulling image "${reference}"`
      say('Normal', 'BackOff', message)
      return {
        waiting: { reason: 'ImagePullBackOff', message: `${message}: ErrImagePull: ${failure.message}` },
        retryMs: left,
      }
    }
    say('Normal', 'Pulling', `Pulling image "${reference}"`)
    const started = this.#clock.monotonic()
    try {
      const image = await this.#share(reference, credentials)
      const took = formatDuration(this.#clock.monotonic() - started)
      say(
        'Normal',
        'Pulled',
        `Successfully pulled image "${reference}" in ${took} (${took} including waiting). Image size: ${image.sizeBytes} bytes.`,
      )
      this.#failures.delete(key)
      return { image }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const reason =
        error instanceof RuntimeError && error.reason === 'InvalidImageName' ? 'InvalidImageName' : 'ErrImagePull'
      say('Warning', 'Failed', `Failed to pull image "${reference}": ${message}`)
      say('Warning', 'Failed', `Error: ${reason}`)
      const ms = failure ? Math.min(maxMs, failure.ms * 2) : initialMs
      this.#failures.set(key, { ms, until: this.#clock.now() + ms, message })
      return { waiting: { reason, message }, retryMs: 1_000 }
    }
  }

  async #share(reference: string, credentials: () => Promise<RegistryCredentials | undefined>): Promise<Image> {
    let pull = this.#pulls.get(reference)
    if (!pull) {
      pull = credentials()
        .then(auth => this.#images.pull(reference, auth))
        .finally(() => this.#pulls.delete(reference))
      this.#pulls.set(reference, pull)
    }
    return pull
  }
}

/** As Go prints durations cut to milliseconds: `1.234s`, `45ms`. */
function formatDuration(ms: number): string {
  const whole = Math.trunc(ms)
  return whole < 1000 ? `${whole}ms` : `${whole / 1000}s`
}
