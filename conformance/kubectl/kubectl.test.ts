/** Sessions of stock kubectl, of every version found on this machine, against a cluster with simulated nodes. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startCluster } from '../../packages/petrel/src/main/index.ts'
import { findKubectls } from './find-kubectls.ts'
import { KnownFailures } from './known-failures.ts'
import { runScenes } from './run-session.ts'
import { access, apply, create, nodes, pods, read, server, workload } from './scenes/index.ts'

const folder = fileURLToPath(new URL('files', import.meta.url))
const known = KnownFailures.of(new URL('../known-failures/kubectl.txt', import.meta.url))
const found = findKubectls()

const skip = found.length > 0 ? false : 'no kubectl found: set PETREL_KUBECTL_DIR to a folder with some'

describe('kubectl', { skip, concurrency: 2 }, () => {
  for (const kubectl of found) {
    test(`kubectl ${kubectl.version}`, async t => {
      await using cluster = await startCluster({ simulatedNodes: 3 })
      const home = mkdtempSync(join(tmpdir(), 'petrel-kubectl-'))
      try {
        // A copy: the scenes change contexts and users.
        const kubeconfig = join(home, 'config')
        copyFileSync(cluster.kubeconfigPath, kubeconfig)
        const session = { kubectl, kubeconfig, folder, home, known }
        await runScenes(t, session, [server, create, workload, apply, read, nodes, access, pods])
      } finally {
        rmSync(home, { recursive: true, force: true })
      }
    })
  }
})
