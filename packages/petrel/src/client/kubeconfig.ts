/**
 * Where a cluster is and who we are there, from kubeconfig files: KUBECONFIG's list (the first file to name a thing
 * wins), ~/.kube/config, or the service account of the pod we run in; after k8s.io/client-go/tools/clientcmd. Exec
 * and auth-provider plugins are refused in words.
 */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

export interface ClientConfig {
  /** `https://host:port`, with a path prefix where the server is behind one. */
  readonly server: string
  /** PEM. The system's authorities when undefined. */
  readonly ca?: string
  readonly certificate?: string
  readonly key?: string
  readonly token?: string
  /** Read again every minute, since projected tokens rotate. */
  readonly tokenFile?: string
  readonly username?: string
  readonly password?: string
  readonly insecureSkipTlsVerify?: boolean
  /** Name to expect in the server's certificate, where it is not the host. */
  readonly tlsServerName?: string
  /** Acts as another user. */
  readonly impersonate?: { readonly user: string; readonly groups: readonly string[] }
  /** Of the context; `default` when undefined. */
  readonly namespace?: string
}

export interface KubeconfigSource {
  /** Read instead of what the environment names; a file that does not exist is an error then. */
  readonly path?: string
  /** The file's current-context when undefined. */
  readonly context?: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

type Fields = Readonly<Record<string, unknown>>

/** Loads the configuration. Throws Error that names the file, the context and what is wrong. */
export async function loadKubeconfig(options: KubeconfigSource = {}): Promise<ClientConfig> {
  const env = options.env ?? process.env
  const paths = options.path !== undefined ? [options.path] : searchPaths(env)
  const files: { path: string; content: Fields }[] = []
  for (const path of paths) {
    const text = readIfThere(path, options.path !== undefined)
    if (text !== undefined) files.push({ path, content: await parse(path, text) })
  }
  if (files.length === 0) {
    const inCluster = inClusterConfig(env)
    if (inCluster) return inCluster
    throw new Error(`Cannot find a kubeconfig: looked at ${paths.join(', ')}`)
  }
  return configOf(files, options.context)
}

/** The service account that Kubernetes gives to a pod; undefined outside of one. */
export function inClusterConfig(env: Readonly<Record<string, string | undefined>>): ClientConfig | undefined {
  const host = env['KUBERNETES_SERVICE_HOST']
  const port = env['KUBERNETES_SERVICE_PORT']
  if (!host || !port) return undefined
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount'
  const ca = readIfThere(join(folder, 'ca.crt'), false)
  const namespace = readIfThere(join(folder, 'namespace'), false)
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tokenFile: join(folder, 'token'),
    ...(ca !== undefined && { ca }),
    ...(namespace !== undefined && { namespace }),
  }
}

function searchPaths(env: Readonly<Record<string, string | undefined>>): string[] {
  const listed = env['KUBECONFIG']?.split(delimiter).filter(path => path !== '') ?? []
  return listed.length > 0 ? listed : [join(env['HOME'] ?? homedir(), '.kube', 'config')]
}

function readIfThere(path: string, required: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (!required && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`Cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
}

async function parse(path: string, text: string): Promise<Fields> {
  // Only who speaks HTTP reads a kubeconfig; the rest of the program loads no codec for it.
  const { decodeYaml } = await import('@petrel/machinery/codec')
  try {
    return fieldsOf(await decodeYaml(text))
  } catch (cause) {
    throw new Error(`Cannot parse kubeconfig ${path}: ${(cause as Error).message}`, { cause })
  }
}

function configOf(files: readonly { path: string; content: Fields }[], wanted: string | undefined): ClientConfig {
  const contextName = wanted ?? files.map(file => text(file.content, 'current-context')).find(name => name)
  if (!contextName)
    throw new Error(`Cannot choose a context: ${files.map(file => file.path).join(', ')} has no current-context`)
  const context = find(files, 'contexts', 'context', contextName)
  const cluster = find(files, 'clusters', 'cluster', text(context.fields, 'cluster') ?? '')
  const userName = text(context.fields, 'user')
  const user = userName ? find(files, 'users', 'user', userName) : { fields: {}, folder: '.' }
  for (const plugin of ['exec', 'auth-provider']) {
    if (user.fields[plugin])
      throw new Error(
        `Cannot use user ${JSON.stringify(userName)} of the kubeconfig: ${plugin} plugins are not supported`,
      )
  }
  const server = text(cluster.fields, 'server')
  if (!server)
    throw new Error(
      `Cannot use cluster ${JSON.stringify(text(context.fields, 'cluster'))} of the kubeconfig: it has no server`,
    )
  return compact({
    server: server.replace(/\/+$/, ''),
    ca: pem(cluster, 'certificate-authority'),
    certificate: pem(user, 'client-certificate'),
    key: pem(user, 'client-key'),
    token: text(user.fields, 'token'),
    tokenFile: path(user, 'tokenFile'),
    username: text(user.fields, 'username'),
    password: text(user.fields, 'password'),
    insecureSkipTlsVerify: cluster.fields['insecure-skip-tls-verify'] === true ? true : undefined,
    tlsServerName: text(cluster.fields, 'tls-server-name'),
    impersonate: impersonation(user.fields),
    namespace: text(context.fields, 'namespace'),
  })
}

interface Found {
  readonly fields: Fields
  /** What relative paths in it are relative to. */
  readonly folder: string
}

function find(files: readonly { path: string; content: Fields }[], list: string, field: string, name: string): Found {
  for (const file of files) {
    const entries = file.content[list]
    if (!Array.isArray(entries)) continue
    for (const entry of entries.map(fieldsOf)) {
      if (entry['name'] === name) return { fields: fieldsOf(entry[field]), folder: dirname(file.path) }
    }
  }
  throw new Error(`Cannot find ${field} ${JSON.stringify(name)} in the kubeconfig: ${list} does not name it`)
}

/** `<name>-data` (base64) before the file that `<name>` names. */
function pem(found: Found, name: string): string | undefined {
  const data = text(found.fields, `${name}-data`)
  if (data) return Buffer.from(data, 'base64').toString('utf8')
  const file = path(found, name)
  return file === undefined ? undefined : readIfThere(file, true)
}

function path(found: Found, name: string): string | undefined {
  const file = text(found.fields, name)
  return file ? resolve(found.folder, file) : undefined
}

function impersonation(user: Fields): { user: string; groups: readonly string[] } | undefined {
  const as = text(user, 'as')
  const groups = user['as-groups']
  return as ? { user: as, groups: Array.isArray(groups) ? groups.map(String) : [] } : undefined
}

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** Leaves out what is undefined. */
function compact<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}
