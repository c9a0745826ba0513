/** What kubectl does with containers, of every version found, against `petrel up` with containers that really run. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort, type PetrelProcess, startPetrelProcess } from '../real/petrel-process.ts'
import { findKubectls } from './find-kubectls.ts'
import { KnownFailures } from './known-failures.ts'
import { runScenes } from './run-session.ts'
import { containers } from './scenes/index.ts'

const folder = fileURLToPath(new URL('files', import.meta.url))
const known = KnownFailures.of(new URL('../known-failures/kubectl.txt', import.meta.url))
const found = findKubectls()
const skip =
  process.getuid?.() !== 0
    ? 'containers with addresses of their own take root'
    : found.length === 0
      ? 'no kubectl found: set PETREL_KUBECTL_DIR to a folder with some'
      : false

describe('kubectl with containers', { skip }, () => {
  let petrel: PetrelProcess
  before(async () => {
    petrel = await startPetrelProcess()
  })
  after(async () => {
    await petrel?.remove()
  })

  for (const kubectl of found) {
    test(`kubectl ${kubectl.version}`, async t => {
      const home = mkdtempSync(join(tmpdir(), 'petrel-kubectl-'))
      try {
        const kubeconfig = join(home, 'config')
        copyFileSync(petrel.kubeconfig, kubeconfig)
        const values = { namespace: `with-${kubectl.minor}`, tmp: home, port: String(await freePort()) }
        await runScenes(t, { kubectl, kubeconfig, folder, home, known, values }, [containers])
      } finally {
        rmSync(home, { recursive: true, force: true })
      }
    })
  }
})
