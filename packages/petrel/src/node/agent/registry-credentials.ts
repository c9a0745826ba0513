/** Credentials for a registry from the pod's imagePullSecrets (pkg/credentialprovider): `.dockerconfigjson` and `.dockercfg`. */
import type { Secret } from '@petrel/machinery/api/core-v1'
import { parseReference } from '../image/index.ts'
import type { RegistryCredentials } from './image-puller.ts'

interface DockerAuth {
  readonly username?: string
  readonly password?: string
  /** base64 of `username:password`. */
  readonly auth?: string
}

/** Those of the registry that `image` names, the longest path first; undefined when no secret speaks of it. */
export function registryCredentials(image: string, secrets: readonly Secret[]): RegistryCredentials | undefined {
  const { registry, repository } = parseReference(image)
  const wanted = `${registry}/${repository}`
  let best: { readonly key: string; readonly auth: DockerAuth } | undefined
  for (const secret of secrets) {
    for (const [key, auth] of Object.entries(authsOf(secret))) {
      const place = normalize(key)
      const matches = wanted === place || wanted.startsWith(`${place}/`)
      if (matches && (!best || place.length > best.key.length)) best = { key: place, auth }
    }
  }
  return best && decode(best.auth)
}

function authsOf(secret: Secret): Record<string, DockerAuth> {
  const config = secret.data?.['.dockerconfigjson']
  const legacy = secret.data?.['.dockercfg']
  try {
    if (config)
      return (
        (JSON.parse(Buffer.from(config, 'base64').toString()) as { auths?: Record<string, DockerAuth> }).auths ?? {}
      )
    if (legacy) return JSON.parse(Buffer.from(legacy, 'base64').toString()) as Record<string, DockerAuth>
  } catch {
    // Not JSON: the pull goes on without it, and its error tells.
  }
  return {}
}

/** `https://index.docker.io/v1/` means Docker's registry. */
function normalize(key: string): string {
  const place = key
    .replace(/^https?:\/\//, '')
    .replace(/\/(v[12]\/?)?$/, '')
    .replace(/\/$/, '')
  return place === 'index.docker.io' ? 'docker.io' : place
}

function decode({ username, password, auth }: DockerAuth): RegistryCredentials | undefined {
  if (username !== undefined && password !== undefined) return { username, password }
  const text = Buffer.from(auth ?? '', 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
