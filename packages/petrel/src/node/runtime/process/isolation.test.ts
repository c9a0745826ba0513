import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { detectIsolation } from './isolation.ts'
import {
  containerConfig,
  endShim,
  podConfig,
  startNode,
  startPod,
  temporaryFolder,
  whenEnded,
  whyNoContainers,
} from './pod-fixture.ts'

const skip = whyNoContainers()

test('detectIsolation() gives root all namespaces', { skip }, async () => {
  const folder = temporaryFolder()
  assert.deepEqual(await detectIsolation(folder), { level: 'root', reason: '' })
  rmSync(folder, { recursive: true })
})

test('plain: processes with a folder, exit codes and logs, and a description that says so', { skip }, async () => {
  await using node = await startNode({ level: 'plain' })
  assert.match(node.runtime.description, /plain processes without isolation/)
  const { id } = await startPod(
    node,
    containerConfig('node -p 6*7; cat "$PETREL_ROOT/data"; exit 3', {
      mounts: [{ containerPath: '/data', hostPath: '/etc/hostname', readonly: true }],
    }),
  )
  assert.equal((await whenEnded(node.runtime, id)).exitCode, 3)
  const log = readFileSync(join(node.folder, 'logs/main/0.log'), 'utf8')
  assert.match(log, /stdout F 42\n/)
  assert.ok(log.includes(readFileSync('/etc/hostname', 'utf8').trim()))
  const stubborn = await startPod(node, containerConfig('trap "" TERM; : >armed; while :; do sleep 0.05; done'))
  const armed = join(node.folder, 'runtime/containers', stubborn.id, 'root/armed')
  while (!existsSync(armed)) await new Promise(resolve => setTimeout(resolve, 10))
  await node.runtime.stopContainer(stubborn.id, 50)
  assert.equal((await node.runtime.containerStatus(stubborn.id)).exitCode, 137)
})

test('user: as nobody, in user namespaces, with exec, stop and another user id', { skip }, () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o777)
  const script = fileURLToPath(new URL('./user-fixture.ts', import.meta.url))
  const out = execFileSync(
    'setpriv',
    ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, script, folder],
    { encoding: 'utf8' },
  )
  const seen = JSON.parse(out) as Record<string, unknown>
  if (!String(seen['description']).includes('user namespaces (not root)')) {
    // A kernel that refuses them must lead to plain processes, and say so.
    assert.match(String(seen['description']), /plain processes without isolation \(not root, user namespaces refused/)
  } else {
    assert.deepEqual(seen['output'], ['1', 'pod-host', '0', 'CapBnd:\t0000000000000000'])
    assert.equal(seen['exec'], '1234\n')
    assert.equal(seen['stopped'], 143)
  }
  endShim(folder)
  rmSync(folder, { recursive: true, force: true })
  assert.ok(!existsSync(folder))
})

test('podConfig() is what runPodSandbox gives back', { skip }, async () => {
  await using node = await startNode({ level: 'plain' })
  const config = podConfig(node.folder, { labels: { a: 'b' } })
  const id = await node.runtime.runPodSandbox(config)
  assert.deepEqual((await node.runtime.podSandboxStatus(id)).config, config)
})
