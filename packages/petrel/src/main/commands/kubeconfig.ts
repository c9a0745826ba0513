/** `petrel kubeconfig`: the administrator's, as the server wrote it. */
import { existsSync, readFileSync } from 'node:fs'
import { dataFolder } from '../data-folder.ts'

export function printKubeconfig(options: { readonly dataDir?: string; readonly path?: boolean }): void {
  const { kubeconfig, path } = dataFolder(options.dataDir)
  if (!existsSync(kubeconfig)) throw new Error(`Cannot print a kubeconfig: ${path} has none; petrel up makes it`)
  process.stdout.write(options.path ? `${kubeconfig}\n` : readFileSync(kubeconfig, 'utf8'))
}
