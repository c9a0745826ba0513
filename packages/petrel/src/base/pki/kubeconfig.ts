/** The file with which kubectl and every client library find the server and prove who they are (client-go/tools/clientcmd/api/v1). */
import type { Identity } from './identity.ts'

export interface KubeconfigOptions {
  /** `https://127.0.0.1:6443`. */
  readonly server: string
  /** PEM of the authority that signed the serving certificate. */
  readonly authority: string
  /** A certificate with its key, or a bearer token. */
  readonly credentials: Identity | { readonly token: string }
  /** Name of cluster and context, `petrel` when undefined. */
  readonly name?: string
  /** Name of the user entry, `NAME-admin` when undefined. */
  readonly user?: string
  readonly namespace?: string
}

/** YAML text; every value is quoted, so that none can be taken for something else. */
export function kubeconfig(options: KubeconfigOptions): string {
  const name = JSON.stringify(options.name ?? 'petrel')
  const user = JSON.stringify(options.user ?? `${options.name ?? 'petrel'}-admin`)
  const credentials = options.credentials
  const lines = [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    '- cluster:',
    `    certificate-authority-data: ${base64(options.authority)}`,
    `    server: ${JSON.stringify(options.server)}`,
    `  name: ${name}`,
    'contexts:',
    '- context:',
    `    cluster: ${name}`,
    ...(options.namespace === undefined ? [] : [`    namespace: ${JSON.stringify(options.namespace)}`]),
    `    user: ${user}`,
    `  name: ${name}`,
    `current-context: ${name}`,
    'users:',
    `- name: ${user}`,
    '  user:',
    ...('token' in credentials
      ? [`    token: ${JSON.stringify(credentials.token)}`]
      : [
          `    client-certificate-data: ${base64(credentials.certificate)}`,
          `    client-key-data: ${base64(credentials.key)}`,
        ]),
  ]
  return `${lines.join('\n')}\n`
}

function base64(text: string): string {
  return JSON.stringify(Buffer.from(text).toString('base64'))
}
