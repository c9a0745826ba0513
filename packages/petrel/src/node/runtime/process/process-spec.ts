/** From image and pod to the process that starts: words, environment, user, rights. The rules are CRI's and runc's. */
import { accessSync, constants } from 'node:fs'
import { posix } from 'node:path'
import { MergedView, type ResolvedImage } from '../../image/index.ts'
import { type ContainerConfig, type PodSandboxConfig, RuntimeError } from '../index.ts'
import { capabilities } from './capabilities.ts'
import type { ProcessSpec } from './records.ts'
import { resolveUser } from './users.ts'

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Throws RuntimeError `CreateContainerError` when image and pod give no process. */
export function processSpec(image: ResolvedImage, config: ContainerConfig, sandbox: PodSandboxConfig): ProcessSpec {
  try {
    return compose(image, config, sandbox)
  } catch (cause) {
    if (cause instanceof RuntimeError) throw cause
    throw new RuntimeError('CreateContainerError', (cause as Error).message, { cause })
  }
}

function compose(image: ResolvedImage, config: ContainerConfig, sandbox: PodSandboxConfig): ProcessSpec {
  const { securityContext: security } = config
  const entrypoint = config.command.length > 0 ? config.command : image.config.entrypoint
  const args = config.args.length > 0 ? config.args : config.command.length > 0 ? [] : image.config.cmd
  const argv = [...entrypoint, ...args]
  if (argv.length === 0) throw new RuntimeError('CreateContainerError', 'no command specified')
  const groups = [...security.supplementalGroups, ...sandbox.securityContext.supplementalGroups]
  if (sandbox.securityContext.fsGroup !== undefined) groups.push(sandbox.securityContext.fsGroup)
  const user = resolveUser(
    image.config.user,
    {
      ...(security.runAsUser !== undefined ? { runAsUser: security.runAsUser } : {}),
      ...(security.runAsGroup !== undefined ? { runAsGroup: security.runAsGroup } : {}),
      supplementalGroups: groups,
    },
    image.layers,
  )
  const env = new Map<string, string>([
    ['PATH', defaultPath],
    ['HOSTNAME', sandbox.hostname],
  ])
  if (config.tty) env.set('TERM', 'xterm')
  for (const pair of image.config.env) env.set(pair.split('=')[0] ?? '', pair.slice(pair.indexOf('=') + 1))
  for (const { name, value } of config.env) env.set(name, value)
  if (!env.has('HOME')) env.set('HOME', user.home)
  for (const name of env.keys()) {
    if (name === '' || name.includes('='))
      throw new RangeError(`environment variable name ${JSON.stringify(name)} is not possible`)
  }
  return {
    argv,
    env: [...env].map(([name, value]) => `${name}=${value}`),
    cwd: posix.resolve('/', config.workingDir || image.config.workingDir || '/'),
    uid: user.uid,
    gid: user.gid,
    groups: user.groups,
    capabilities: capabilities(security),
    noNewPrivs: security.noNewPrivs,
  }
}

/** Why the program cannot start, as runc says it, when that is certain before trying; volumes may still bring it. */
export function missingProgram(
  layers: readonly string[],
  spec: ProcessSpec,
  mountTargets: readonly string[],
): string | undefined {
  const [program = ''] = spec.argv
  const path = spec.env.find(pair => pair.startsWith('PATH='))?.slice(5) ?? defaultPath
  const folders = program.includes('/') ? [spec.cwd] : path.split(':')
  const view = new MergedView(layers)
  let found = false
  for (const folder of folders) {
    const full = posix.resolve('/', folder, program)
    const resolved = `/${view.resolve(full)}`
    if (mountTargets.some(target => [full, resolved].some(p => p === target || p.startsWith(`${target}/`))))
      return undefined
    const stat = view.find(full)?.stat
    if (!stat?.isFile()) continue
    if ((stat.mode & 0o111) !== 0) return undefined
    found = true
  }
  const words = JSON.stringify(program)
  if (found) return `exec: ${words}: permission denied`
  return program.includes('/')
    ? `exec: ${words}: stat ${program}: no such file or directory`
    : `exec: ${words}: executable file not found in $PATH`
}

/**
 * Without namespaces the image is no root: its programs go before the host's in PATH, absolute ones are looked for in
 * the image first, and the working directory lies in a folder of the container's own, named by PETREL_ROOT.
 */
export function plainSpec(spec: ProcessSpec, layers: readonly string[], root: string): ProcessSpec {
  const path = spec.env.find(pair => pair.startsWith('PATH='))?.slice(5) ?? defaultPath
  const folders = path.split(':').flatMap(folder => layers.map(layer => posix.join(layer, folder)))
  const [program = '', ...rest] = spec.argv
  const inImage = program.startsWith('/')
    ? layers.map(layer => posix.join(layer, program)).find(isExecutable)
    : undefined
  const env = spec.env.filter(pair => !/^(PATH|HOME)=/.test(pair))
  return {
    ...spec,
    argv: [inImage ?? program, ...rest],
    env: [...env, `PATH=${[...folders, process.env['PATH'] ?? path].join(':')}`, `HOME=${root}`, `PETREL_ROOT=${root}`],
    cwd: posix.join(root, spec.cwd),
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
