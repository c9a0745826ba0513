/** What the runtime is told of one container (pkg/kubelet/kuberuntime, generateContainerConfig). */
import { chmod, mkdir, realpath, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import type { Container, Pod } from '@petrel/machinery/api/core-v1'
import type { ContainerConfig, ContainerSecurityContext, Image, Mount } from '../runtime/index.ts'
import { ConfigError, containerEnv, type EnvSources } from './container-env.ts'
import { expand } from './expand-env.ts'
import { containerAnnotations, containerLabels } from './pod-labels.ts'
import { hostnameOf, resourcesOf } from './sandbox-config.ts'

export interface ContainerPlace {
  /** The pod's folder on this node. */
  readonly podFolder: string
  /** Host paths of the pod's volumes, by name. */
  readonly volumes: ReadonlyMap<string, string>
  readonly domain: string
}

export async function containerConfig(
  pod: Pod,
  container: Container,
  attempt: number,
  image: Image,
  sources: EnvSources,
  place: ContainerPlace,
): Promise<ContainerConfig> {
  const env = await containerEnv(pod, container, sources)
  return {
    name: container.name,
    attempt,
    image: image.id,
    command: (container.command ?? []).map(part => expand(part, env)),
    args: (container.args ?? []).map(part => expand(part, env)),
    workingDir: container.workingDir ?? '',
    env: [...env].map(([name, value]) => ({ name, value })),
    mounts: await mountsOf(pod, container, attempt, env, sources, place),
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container),
    logPath: join(container.name, `${attempt}.log`),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    resources: resourcesOf(container),
    securityContext: securityOf(pod, container, image),
  }
}

/** The container's own settings before the pod's. Throws ConfigError when the image would run as root and may not. */
function securityOf(pod: Pod, container: Container, image: Image): ContainerSecurityContext {
  const { securityContext: ofPod } = pod.spec ?? {}
  const own = container.securityContext
  const runAsUser = own?.runAsUser ?? ofPod?.runAsUser
  const runAsGroup = own?.runAsGroup ?? ofPod?.runAsGroup
  if (own?.runAsNonRoot ?? ofPod?.runAsNonRoot) checkNonRoot(pod, container, runAsUser, image)
  const groups = [...(ofPod?.supplementalGroups ?? []), ...(ofPod?.fsGroup === undefined ? [] : [ofPod.fsGroup])]
  return {
    ...(runAsUser !== undefined && { runAsUser }),
    ...(runAsGroup !== undefined && { runAsGroup }),
    supplementalGroups: groups,
    privileged: own?.privileged ?? false,
    readonlyRootfs: own?.readOnlyRootFilesystem ?? false,
    noNewPrivs: own?.allowPrivilegeEscalation === false,
    addCapabilities: own?.capabilities?.add ?? [],
    dropCapabilities: own?.capabilities?.drop ?? [],
  }
}

/** verifyRunAsNonRoot. An image says `user`, `user:group`, or nothing, which is root. */
function checkNonRoot(pod: Pod, container: Container, runAsUser: number | undefined, image: Image): void {
  const { name, namespace, uid } = pod.metadata ?? {}
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`
  if (runAsUser === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`)
  if (runAsUser !== undefined) return
  const [user = ''] = image.user.split(':')
  if (!/^\d*$/.test(user)) {
    const why = `image has non-numeric user (${user}), cannot verify user is non-root`
    throw new ConfigError(`container has runAsNonRoot and ${why} ${where}`)
  }
  if (Number(user) === 0) throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`)
}

async function mountsOf(
  pod: Pod,
  container: Container,
  attempt: number,
  env: ReadonlyMap<string, string>,
  { podIPs }: EnvSources,
  place: ContainerPlace,
): Promise<Mount[]> {
  const mounts: Mount[] = []
  for (const { name, mountPath, readOnly = false, subPath, subPathExpr, mountPropagation } of container.volumeMounts ??
    []) {
    const root = place.volumes.get(name)
    if (root === undefined) throw new ConfigError(`volume "${name}" of container "${container.name}" is not set up`)
    const sub = subPathExpr === undefined ? (subPath ?? '') : expand(subPathExpr, env)
    const readsOnly = readOnly || carriesApiData(pod, name)
    mounts.push({
      containerPath: mountPath.startsWith('/') ? mountPath : `/${mountPath}`,
      hostPath: sub === '' ? root : await subPathOf(root, sub, name),
      readonly: readsOnly,
      ...(mountPropagation === 'Bidirectional' && { propagation: 'bidirectional' as const }),
      ...(mountPropagation === 'HostToContainer' && { propagation: 'host-to-container' as const }),
    })
  }
  const own = join(place.podFolder, 'containers', container.name, String(attempt))
  await mkdir(own, { recursive: true })
  const isTaken = (path: string): boolean => mounts.some(({ containerPath }) => containerPath === path)
  if (!pod.spec?.hostNetwork && !isTaken('/etc/hosts')) {
    const file = join(place.podFolder, 'etc-hosts')
    await writeFile(file, hostsFile(pod, podIPs, place.domain))
    mounts.push({ containerPath: '/etc/hosts', hostPath: file, readonly: false })
  }
  const terminationPath = container.terminationMessagePath ?? '/dev/termination-log'
  const termination = join(own, 'termination-log')
  await writeFile(termination, '')
  // Whoever the container runs as may write to it, whatever this process' umask.
  await chmod(termination, 0o666)
  mounts.push({ containerPath: terminationPath, hostPath: termination, readonly: false })
  return mounts
}

/** Volumes of API data are never written to by containers. */
function carriesApiData(pod: Pod, name: string): boolean {
  const volume = pod.spec?.volumes?.find(candidate => candidate.name === name)
  return Boolean(volume?.configMap || volume?.secret || volume?.downwardAPI || volume?.projected)
}

/** A path inside a volume; a folder is made where there is nothing. Links out of the volume are refused. */
async function subPathOf(root: string, sub: string, volume: string): Promise<string> {
  const refuse = (why: string): never => {
    throw new ConfigError(`failed to prepare subPath for volumeMount "${volume}": subPath "${sub}" ${why} the volume`)
  }
  const path = normalize(join(root, sub)).replace(/\/$/, '')
  if (!isInside(path, root)) refuse('leaves')
  const realRoot = await realpath(root)
  // What is there already must not lead out, before anything is made beyond it.
  for (let part = path; part !== root; part = dirname(part)) {
    const real = await realpath(part).catch(() => undefined)
    if (real === undefined) continue
    if (!isInside(real, realRoot)) refuse('leads out of')
    break
  }
  await mkdir(path, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    // A file may be mounted as well as a folder.
    if (error.code !== 'EEXIST') throw error
  })
  const real = await realpath(path)
  return isInside(real, realRoot) ? real : refuse('leads out of')
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`)
}

function hostsFile(pod: Pod, podIPs: readonly string[], domain: string): string {
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
  ]
  const hostname = hostnameOf(pod)
  const { subdomain } = pod.spec ?? {}
  const full = subdomain ? `${hostname}.${subdomain}.${pod.metadata?.namespace}.svc.${domain}\t` : ''
  for (const ip of podIPs) lines.push(`${ip}\t${full}${hostname}`)
  const aliases = pod.spec?.hostAliases ?? []
  if (aliases.length > 0) lines.push('', '# Entries added by HostAliases.')
  for (const { ip, hostnames = [] } of aliases) lines.push([ip, ...hostnames].join('\t'))
  return `${lines.join('\n')}\n`
}
