/**
 * Image references as containerd writes them: a name without a registry is docker.io's, without a path it is
 * `library`'s, without tag or digest it is `latest`. Follows the grammar of github.com/distribution/reference.
 */
import { RuntimeError } from '../runtime/index.ts'

export interface Reference {
  /** `docker.io`, `registry.k8s.io`, `localhost:5000`. */
  readonly registry: string
  /** `library/redis`. */
  readonly repository: string
  readonly tag?: string
  /** `sha256:…`; when given it decides, and the tag is only a remark. */
  readonly digest?: string
}

const domainPattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?$/
const pathPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const tagPattern = /^\w[\w.-]{0,127}$/
const digestPattern = /^sha256:[0-9a-f]{64}$/

/** Parses and completes a reference. Throws RuntimeError `InvalidImageName`. */
export function parseReference(text: string): Reference {
  const invalid = (rule: string): RuntimeError =>
    new RuntimeError('InvalidImageName', `couldn't parse image name ${JSON.stringify(text)}: ${rule}`)
  if (text.length > 1024) throw invalid('invalid reference format: longer than 1024 characters')
  let rest = text
  let digest: string | undefined
  const at = rest.indexOf('@')
  if (at >= 0) {
    digest = rest.slice(at + 1)
    rest = rest.slice(0, at)
    if (!digestPattern.test(digest))
      throw invalid('invalid reference format: the digest must be sha256 and 64 hex digits')
  }
  let tag: string | undefined
  const colon = rest.lastIndexOf(':')
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1)
    rest = rest.slice(0, colon)
    if (!tagPattern.test(tag)) throw invalid('invalid reference format')
  }
  const slash = rest.indexOf('/')
  const first = slash < 0 ? '' : rest.slice(0, slash)
  const named = first !== '' && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  let registry = named ? first : 'docker.io'
  let repository = named ? rest.slice(slash + 1) : rest
  if (registry === 'index.docker.io') registry = 'docker.io'
  if (registry === 'docker.io' && !repository.includes('/')) repository = `library/${repository}`
  if (/[A-Z]/.test(repository)) throw invalid('invalid reference format: repository name must be lowercase')
  if (!domainPattern.test(registry) || !pathPattern.test(repository)) throw invalid('invalid reference format')
  return {
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: 'latest' } : {}),
    ...(digest !== undefined ? { digest } : {}),
  }
}

/** `docker.io/library/redis`. */
export function repositoryName(reference: Reference): string {
  return `${reference.registry}/${reference.repository}`
}

/** `docker.io/library/redis:alpine`; undefined when the reference has a digest only. */
export function tagName(reference: Reference): string | undefined {
  return reference.tag === undefined ? undefined : `${repositoryName(reference)}:${reference.tag}`
}

/** `docker.io/library/redis@sha256:…`; undefined without a digest. */
export function digestName(reference: Reference): string | undefined {
  return reference.digest === undefined ? undefined : `${repositoryName(reference)}@${reference.digest}`
}

/** The whole reference as the messages of containerd print it. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  return repositoryName(reference) + tag + (reference.digest === undefined ? '' : `@${reference.digest}`)
}
