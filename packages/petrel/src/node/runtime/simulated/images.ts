/**
 * Images that are only names. Every pull succeeds at once, except of what is listed as missing and of the tag `404`, which
 * upstream's end-to-end tests take for an image that cannot be there.
 */
import { createHash } from 'node:crypto'
import { type Image, type ImageService, RuntimeError } from '../index.ts'

export class SimulatedImages implements ImageService {
  /** By reference as pulled. */
  readonly #images = new Map<string, Image>()
  readonly #missing: ReadonlySet<string>

  constructor(missing: Iterable<string>) {
    this.#missing = new Set(missing)
  }

  async list(): Promise<readonly Image[]> {
    return [...this.#images.values()]
  }

  async status(reference: string): Promise<Image | undefined> {
    return this.find(reference)
  }

  find(reference: string): Image | undefined {
    const found = this.#images.get(reference)
    if (found || !reference.startsWith('sha256:')) return found
    return this.#images.values().find(({ id }) => id === reference)
  }

  async pull(reference: string): Promise<Image> {
    if (reference.endsWith(':404') || this.#missing.has(reference)) {
      throw new RuntimeError(
        'ErrImagePull',
        `failed to pull image "${reference}": the simulated registry does not have it: not found`,
      )
    }
    const known = this.#images.get(reference)
    if (known) return known
    const id = `sha256:${createHash('sha256').update(reference).digest('hex')}`
    const [name = reference] = reference.split('@')
    const image: Image = {
      id,
      repoTags: reference.includes('@') ? [] : [reference],
      repoDigests: [`${name.replace(/:[^/:]+$/, '')}@${id}`],
      sizeBytes: 1 << 20,
      user: '',
    }
    this.#images.set(reference, image)
    return image
  }

  async remove(reference: string): Promise<void> {
    const image = this.find(reference)
    for (const [name, { id }] of this.#images) if (id === image?.id) this.#images.delete(name)
  }
}
