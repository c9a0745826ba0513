/** Guarantee 4 of the design: restarting any part of Petrel stops no healthy pod, and coming back restarts none. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startNode, temporaryFolder, whenEnded, whyNoContainers } from './pod-fixture.ts'

const skip = whyNoContainers()
const agent = fileURLToPath(new URL('./agent-fixture.ts', import.meta.url))

interface Started {
  readonly child: ChildProcess
  readonly sandboxId: string
  readonly ids: readonly string[]
}

function startAgent(folder: string, scripts: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, [agent, folder, JSON.stringify(scripts)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.stdout?.once('data', (line: Buffer) =>
      resolve({ child, ...(JSON.parse(String(line)) as Omit<Started, 'child'>) }),
    )
  })
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await new Promise(resolve => child.once('exit', resolve))
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 10))
}

function log(folder: string, name: string): string {
  const path = join(folder, 'logs', name, '0.log')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

test('after kill -9 of the agent containers run and log on, and the next one adopts them', { skip }, async () => {
  const folder = temporaryFolder()
  const { child, sandboxId, ids } = await startAgent(folder, [
    'i=0; while :; do echo line $i; i=$((i+1)); sleep 0.01; done',
    'while [ ! -e /run/end ]; do sleep 0.01; done',
    'read x; echo "last words: $x"; exit 42',
  ])
  const [steady = '', , quitter = ''] = ids
  const pidOf = (id: string): number => Number(readFileSync(join(folder, 'runtime/containers', id, 'pid'), 'utf8'))
  const before = ids.map(pidOf)
  await until(() => log(folder, 'c0').includes('line 5'))
  await kill(child)

  const lines = log(folder, 'c0').split('\n').length
  await until(() => log(folder, 'c0').split('\n').length > lines + 20)
  // One ends while nobody is there.
  writeFileSync(join(folder, 'runtime/containers', quitter, 'stdin'), 'farewell\n')
  await until(() => existsSync(join(folder, 'runtime/exits', quitter)))

  await using node = await startNode({}, folder)
  const status = await node.runtime.containerStatus(steady)
  assert.deepEqual([status.state, status.pid], ['running', before[0]])
  const ended = await node.runtime.containerStatus(quitter)
  assert.deepEqual([ended.state, ended.exitCode, ended.reason], ['exited', 42, 'Error'])
  assert.match(log(folder, 'c2'), /last words: farewell/)
  assert.equal((await node.runtime.podSandboxStatus(sandboxId)).state, 'ready')

  const { stdout } = await node.runtime.execSync(steady, ['hostname'], 5000)
  assert.equal(String(stdout), 'pod-host\n')
  const session = await node.runtime.attach(steady, { stdin: false, stdout: true, stderr: true, tty: false })
  assert.match(String((await session.stdout?.[Symbol.asyncIterator]().next())?.value), /line \d+/)
  session.close()
  // Every line is there, once and in order.
  const numbers = [...log(folder, 'c0').matchAll(/line (\d+)\n/g)].map(match => Number(match[1]))
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i),
  )
  // And the end of an adopted one is told.
  const waiter = ids[1] ?? ''
  await node.runtime.execSync(waiter, ['touch', '/run/end'], 5000)
  assert.equal((await whenEnded(node.runtime, waiter)).exitCode, 0)
})

test('kill -9 of the shim loses no line and hurts no container', { skip }, async () => {
  const folder = temporaryFolder()
  const { child, ids } = await startAgent(folder, [
    'i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; exit 5',
  ])
  const pidFile = join(folder, 'runtime/shim.pid')
  for (let round = 0; round < 3; round++) {
    await until(() => existsSync(pidFile) && existsSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}`))
    try {
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH')
    }
  }
  await kill(child)
  await using node = await startNode({}, folder)
  const status = await whenEnded(node.runtime, ids[0] ?? '')
  assert.equal(status.exitCode, 5)
  const numbers = [...log(folder, 'c0').matchAll(/line (\d+)\n/g)].map(match => Number(match[1]))
  // What the shim had read but not written goes with it: less than one read each time, never anything after.
  assert.equal(numbers.at(-1), 19_999)
  assert.ok(
    numbers.every((n, i) => i === 0 || n > (numbers[i - 1] ?? 0)),
    'out of order',
  )
})

test('a killed keeper leaves its container running; the end is then found by looking', { skip }, async () => {
  const folder = temporaryFolder()
  const { child, ids } = await startAgent(folder, ['sleep 1000'])
  const [id = ''] = ids
  await kill(child)
  const record = JSON.parse(readFileSync(join(folder, 'runtime/containers', id, 'state.json'), 'utf8')) as {
    keeper: { pid: number }
    init: { pid: number }
  }
  process.kill(record.keeper.pid, 'SIGKILL')
  await using node = await startNode({}, folder)
  assert.equal((await node.runtime.containerStatus(id)).state, 'running')
  process.kill(record.init.pid, 'SIGKILL')
  const status = await whenEnded(node.runtime, id)
  assert.deepEqual([status.exitCode, status.reason], [255, 'Unknown'])
})

test('a record of an earlier boot is not taken for something that runs', { skip }, async () => {
  const folder = temporaryFolder()
  const { child, ids, sandboxId } = await startAgent(folder, ['sleep 1000'])
  const [id = ''] = ids
  await kill(child)
  for (const path of [join('containers', id), join('sandboxes', sandboxId)]) {
    const file = join(folder, 'runtime', path, 'state.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"bootId":"[^"]*"/, '"bootId":"another"'))
  }
  await using node = await startNode({}, folder)
  assert.equal((await node.runtime.containerStatus(id)).exitCode, 255)
  assert.equal((await node.runtime.podSandboxStatus(sandboxId)).state, 'notready')
})
