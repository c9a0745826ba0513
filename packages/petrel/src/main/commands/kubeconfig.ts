/** `petrel kubeconfig`: the administrator's, as the server wrote it, or one for a node that is to join. */
import { existsSync, readFileSync } from 'node:fs'
import { kubeconfig as kubeconfigText, openPki, systemClock } from '../../base/index.ts'
import { type DataFolder, dataFolder } from '../data-folder.ts'

export interface KubeconfigOptions {
  readonly dataDir?: string
  readonly path?: boolean
  readonly node?: string
  readonly server?: string
}

export async function printKubeconfig(options: KubeconfigOptions): Promise<void> {
  const data = dataFolder(options.dataDir)
  if (!existsSync(data.kubeconfig)) {
    throw new Error(`Cannot print a kubeconfig: ${data.path} has none; petrel up makes it`)
  }
  if (options.node !== undefined) process.stdout.write(await forNode(data, options.node, options.server))
  else process.stdout.write(options.path ? `${data.kubeconfig}\n` : readFileSync(data.kubeconfig, 'utf8'))
}

/** The certificate is kept nowhere: losing it means making another. The node also shows it to the server, by its name. */
async function forNode(data: DataFolder, name: string, server: string | undefined): Promise<string> {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) {
    throw new RangeError(
      `Cannot make credentials for node "${name}": a name of a node is a lowercase RFC 1123 subdomain`,
    )
  }
  if (!server || !URL.canParse(server) || !server.startsWith('https://')) {
    throw new RangeError(
      `Cannot make credentials for node "${name}": --server must be https://HOST:PORT, found "${server ?? ''}"`,
    )
  }
  const pki = await openPki({ folder: data.pki, clock: systemClock })
  const credentials = await pki.issue({
    commonName: `system:node:${name}`,
    organizations: ['system:nodes'],
    usages: ['client', 'server'],
    dnsNames: [name],
    addresses: [],
  })
  return kubeconfigText({ server, authority: pki.clusterAuthority, credentials, user: `system:node:${name}` })
}
