/**
 * The Redis tier of the guestbook, unchanged, as real containers: Debian's redis under the names that the manifests use.
 * What is written to the master by its service name is read from the replicas by theirs.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { findKubectls } from '../kubectl/find-kubectls.ts'
import { buildImage } from './debian-image.ts'
import { type PetrelProcess, root, startPetrelProcess } from './petrel-process.ts'

const run = promisify(execFile)
const manifests = resolve(root, process.env['PETREL_MANIFESTS'] ?? '../shared/manifests', 'guestbook')
const kubectl = findKubectls().at(-1)?.path

/** The replica's image looks for the master by its service name, as the original's run.sh does. */
const replicaScript = '#!/bin/sh\nexec redis-server --replicaof redis-master 6379 --protected-mode no --dir /data\n'

function whyNot(): string | false {
  if (process.getuid?.() !== 0) return 'containers with addresses of their own take root'
  if (!existsSync('/usr/bin/redis-server')) return 'redis-server is not installed'
  if (!existsSync(manifests)) return `there are no manifests at ${manifests}; PETREL_MANIFESTS says where they are`
  return kubectl ? false : 'there is no kubectl'
}

describe('guestbook: the Redis tier, for real', { skip: whyNot() }, () => {
  let petrel: PetrelProcess
  const folder = mkdtempSync(join(tmpdir(), 'guestbook-'))
  const kube = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(kubectl!, ['--kubeconfig', petrel.kubeconfig, ...args])
    return stdout
  }

  before(async () => {
    const programs = ['/usr/bin/redis-server', '/usr/bin/redis-cli']
    const master = join(folder, 'master.tar')
    await buildImage(
      {
        name: 'registry.k8s.io/redis:e2e',
        programs,
        command: ['redis-server', '--protected-mode', 'no', '--dir', '/data'],
      },
      master,
    )
    const replica = join(folder, 'replica.tar')
    await buildImage(
      {
        name: 'gcr.io/google_samples/gb-redisslave:v1',
        programs,
        files: { '/run.sh': replicaScript },
        command: ['/run.sh'],
      },
      replica,
    )
    petrel = await startPetrelProcess()
    assert.match(await petrel.command('image', 'load', master), /loaded registry\.k8s\.io\/redis:e2e/)
    assert.match(await petrel.command('image', 'load', replica), /loaded gcr\.io\/google_samples\/gb-redisslave:v1/)
  })
  after(async () => {
    await petrel?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('becomes available from the unchanged manifests', async () => {
    for (const name of ['redis-master', 'redis-replica']) {
      await kube(
        'apply',
        '-f',
        join(manifests, `${name}-deployment.yaml`),
        '-f',
        join(manifests, `${name}-service.yaml`),
      )
    }
    await kube('wait', 'deployment', '--all', '--for=condition=Available', '--timeout=90s')
    assert.match(await kube('get', 'pods'), /redis-replica-\S+\s+1\/1\s+Running/)
  })

  test('replicates from the master to the replicas, by service names', async () => {
    await kube('exec', 'deployment/redis-master', '--', 'redis-cli', '-h', 'redis-replica', 'wait', '0', '100')
    await kube(
      'exec',
      'deployment/redis-replica',
      '--',
      'redis-cli',
      '-h',
      'redis-master',
      'set',
      'guest',
      'storm petrel',
    )
    await kube('exec', 'deployment/redis-master', '--', 'redis-cli', 'wait', '2', '10000')
    assert.match(
      await kube('exec', 'deployment/redis-master', '--', 'redis-cli', '-h', 'redis-replica', 'get', 'guest'),
      /storm petrel/,
    )
    assert.match(await kube('logs', 'deployment/redis-master'), /Synchronization with replica .* succeeded/)
  })

  test('heals: a master that is deleted comes back, and the replicas find it', async () => {
    await kube('delete', 'pod', '-l', 'app=redis,role=master')
    await kube('wait', 'deployment', 'redis-master', '--for=condition=Available', '--timeout=60s')
    await kube('exec', 'deployment/redis-replica', '--', 'redis-cli', '-h', 'redis-master', 'set', 'guest', 'again')
    const connected = await kube('exec', 'deployment/redis-master', '--', 'redis-cli', 'wait', '2', '30000')
    assert.equal(connected.trim(), '2')
  })
})
