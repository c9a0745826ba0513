import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Cgroups, detectCgroups } from './cgroups.ts'

const mountinfo = existsSync('/proc/self/mountinfo') ? readFileSync('/proc/self/mountinfo', 'utf8') : ''
const lines = (type: string): string =>
  mountinfo
    .split('\n')
    .filter(line => line.includes(` - ${type} `))
    .join('\n')
const root = process.getuid?.() === 0

/** Puts a process into a group, finds it, kills it, removes the group: on the machine's own tree. */
async function real(groups: Cgroups): Promise<void> {
  groups.create('pod/one', {})
  const enter = groups
    .entrances('pod/one')
    .map(path => `echo 0 >${path}`)
    .join(';')
  const child = spawn('sh', ['-c', `${enter}; echo in; exec sleep 1000`], { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise(resolve => child.stdout.once('data', resolve))
  assert.deepEqual(groups.processes('pod'), [child.pid])
  assert.ok((groups.usage('pod/one')?.cpuUsageNanos ?? -1) >= 0)
  assert.equal(groups.oomKills('pod/one'), 0)
  assert.equal(groups.remove('pod'), false)
  const gone = new Promise(resolve => child.once('exit', (_code, signal) => resolve(signal)))
  groups.kill('pod')
  assert.equal(await gone, 'SIGKILL')
  for (let tried = 0; !groups.remove('pod') && tried < 100; tried++)
    await new Promise(resolve => setTimeout(resolve, 5))
  assert.deepEqual(groups.processes('pod'), [])
  assert.ok(groups.remove(''))
}

for (const [version, type] of [
  ['1', 'cgroup'],
  ['2', 'cgroup2'],
] as const) {
  const skip = !root ? 'not root' : lines(type) === '' ? `no cgroup v${version} is mounted` : false
  test(`cgroup v${version}: a group holds, kills and is removed`, { skip }, async () => {
    const groups = detectCgroups(`petrel-unit-${process.pid}`, lines(type))
    if (typeof groups === 'string') assert.fail(groups)
    assert.match(groups.description, new RegExp(`^cgroup v${version}`))
    await real(groups)
  })
}

test('cgroup v2: limits are written in the words of the unified tree', () => {
  const tree = mkdtempSync(join(tmpdir(), 'petrel-cgroup-'))
  writeFileSync(join(tree, 'cgroup.controllers'), 'cpuset cpu io memory pids\n')
  const groups = detectCgroups('petrel-x', `1 2 0:3 / ${tree} rw - cgroup2 cgroup2 rw`)
  if (typeof groups === 'string') assert.fail(groups)
  mkdirSync(join(tree, 'petrel-x/pod/c'), { recursive: true })
  writeFileSync(join(tree, 'petrel-x/pod/c/memory.swap.max'), 'max')
  groups.create('pod/c', { cpuLimitMilli: 1500, cpuRequestMilli: 1000, memoryLimitBytes: 1 << 20, pidsLimit: 9 })
  const file = (path: string): string => readFileSync(join(tree, path), 'utf8')
  assert.equal(file('petrel-x/cgroup.subtree_control'), '+cpu +memory +pids')
  assert.equal(file('petrel-x/pod/cgroup.subtree_control'), '+cpu +memory +pids')
  assert.equal(file('petrel-x/pod/c/cpu.max'), '150000 100000')
  assert.equal(file('petrel-x/pod/c/cpu.weight'), '39')
  assert.equal(file('petrel-x/pod/c/memory.max'), '1048576')
  assert.equal(file('petrel-x/pod/c/memory.swap.max'), '0')
  assert.equal(file('petrel-x/pod/c/pids.max'), '9')
  writeFileSync(join(tree, 'petrel-x/pod/c/memory.events'), 'low 0\noom 2\noom_kill 1\n')
  assert.equal(groups.oomKills('pod/c'), 1)
  rmSync(tree, { recursive: true })
})

test('detectCgroups() says why there are none', () => {
  assert.equal(detectCgroups('petrel-x', ''), 'no cgroups are mounted')
  assert.match(
    String(detectCgroups('petrel-x', '1 2 0:3 / /no/such rw - cgroup2 cgroup2 rw')),
    /cgroups cannot be written/,
  )
})
