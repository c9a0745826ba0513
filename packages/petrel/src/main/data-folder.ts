/** Where everything that lasts lies: one folder, by default that of the machine for root, of the user otherwise. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export interface DataFolder {
  readonly path: string
  /** The log. */
  readonly database: string
  /** Certificates and keys. */
  readonly pki: string
  /** The administrator's kubeconfig, as `KUBECONFIG` wants it. */
  readonly kubeconfig: string
  /** What was decided on the first start. */
  readonly cluster: string
  /** Images, pods, their logs and volumes. */
  readonly node: string
}

/** `chosen` is what `--data-dir` says; PETREL_DATA_DIR comes next, then the default. */
export function dataFolder(chosen: string | undefined, env: NodeJS.ProcessEnv = process.env): DataFolder {
  const path = resolve(chosen ?? env['PETREL_DATA_DIR'] ?? defaultFolder(env))
  return {
    path,
    database: join(path, 'petrel.db'),
    pki: join(path, 'pki'),
    kubeconfig: join(path, 'admin.kubeconfig'),
    cluster: join(path, 'cluster.json'),
    node: join(path, 'node'),
  }
}

function defaultFolder(env: NodeJS.ProcessEnv): string {
  if (process.getuid?.() === 0) return '/var/lib/petrel'
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'), 'petrel')
}
