import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { RuntimeError } from '../index.ts'
import {
  type ContainerOverrides,
  containerConfig,
  podConfig,
  startNode,
  startPod,
  type TestNode,
  whenEnded,
  whyNoContainers,
} from './pod-fixture.ts'

const skip = whyNoContainers()
let node: TestNode
let logs = 0

before(async () => {
  if (!skip) node = await startNode()
})
after(async () => {
  if (!skip) await node[Symbol.asyncDispose]()
})

/** Runs a script to its end and gives what it wrote. */
async function output(script: string, overrides: ContainerOverrides = {}): Promise<string> {
  const logDirectory = join(node.folder, `logs-${logs++}`)
  const { id, sandboxId } = await startPod(node, containerConfig(script, overrides), { logDirectory })
  await whenEnded(node.runtime, id)
  const log = readFileSync(join(logDirectory, 'main/0.log'), 'utf8')
  await node.runtime.removePodSandbox(sandboxId)
  return log
    .split('\n')
    .map(line => line.split(' ').slice(3).join(' '))
    .join('\n')
    .trim()
}

test('description says what this machine allows', { skip }, () => {
  assert.match(node.runtime.description, /^process: own namespaces as root, overlay root, .*no seccomp/)
})

test('a container has its own root, hostname, process 1 and environment', { skip }, async () => {
  const text = await output('echo $$; hostname; echo $GREETING; pwd; cat /etc/hostname; ls /proc | grep -c "^[0-9]"', {
    env: [
      { name: 'GREETING', value: `it's "here"` },
      { name: 'with.dot', value: 'x' },
    ],
    workingDir: '/var/log',
  })
  assert.deepEqual(text.split('\n').slice(0, 5), ['1', 'pod-host', `it's "here"`, '/var/log', 'pod-host'])
  assert.ok(Number(text.split('\n')[5]) < 6, text)
})

const endings = [
  { script: 'exit 0', exitCode: 0, reason: 'Completed' },
  { script: 'exit 3', exitCode: 3, reason: 'Error' },
  { script: 'sh -c "kill -9 \\$\\$"; exit $?', exitCode: 137, reason: 'Error' },
]
for (const { script, exitCode, reason } of endings) {
  test(`startContainer() reports ${exitCode} ${reason} for ${script}`, { skip }, async () => {
    const { id, sandboxId } = await startPod(node, containerConfig(script))
    const status = await whenEnded(node.runtime, id)
    assert.deepEqual([status.exitCode, status.reason], [exitCode, reason])
    assert.ok(status.startedAt > 0 && status.finishedAt >= status.createdAt)
    await node.runtime.removePodSandbox(sandboxId)
  })
}

test('a container over its memory limit is OOMKilled', { skip }, async t => {
  if (!/memory/.test(node.runtime.description)) return t.skip('no memory cgroup')
  const { id, sandboxId } = await startPod(
    node,
    containerConfig('tail -c 200m /dev/zero | wc -c; exit 1', {
      command: ['sh', '-c', 'exec tail -c 200m /dev/zero'],
      resources: { memoryLimitBytes: 16 << 20 },
    }),
  )
  const status = await whenEnded(node.runtime, id)
  assert.deepEqual([status.exitCode, status.reason], [137, 'OOMKilled'])
  await node.runtime.removePodSandbox(sandboxId)
})

test('limits reach the cgroup and can be changed while it runs', { skip }, async t => {
  if (!/cgroup v1/.test(node.runtime.description)) return t.skip('reads version 1 files')
  const { id, sandboxId } = await startPod(
    node,
    containerConfig('sleep 1000', {
      resources: { cpuLimitMilli: 200, cpuRequestMilli: 100, memoryLimitBytes: 64 << 20, pidsLimit: 50 },
    }),
  )
  const pid = (await node.runtime.containerStatus(id)).pid
  const file = (controller: string, name: string): string => {
    const line = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
      .split('\n')
      .find(l => l.split(':')[1]?.split(',').includes(controller))
    return readFileSync(`/sys/fs/cgroup/${controller}${line?.split(':')[2]}/${name}`, 'utf8').trim()
  }
  assert.equal(file('cpu', 'cpu.cfs_quota_us'), '20000')
  assert.equal(file('cpu', 'cpu.shares'), '102')
  assert.equal(file('memory', 'memory.limit_in_bytes'), String(64 << 20))
  assert.equal(file('pids', 'pids.max'), '50')
  await node.runtime.updateContainerResources(id, { cpuLimitMilli: 500 })
  assert.equal(file('cpu', 'cpu.cfs_quota_us'), '50000')
  assert.ok((await node.runtime.containerStats(id)).memoryWorkingSetBytes > 0)
  await node.runtime.removePodSandbox(sandboxId)
})

const rights: { title: string; script: string; overrides: ContainerOverrides; expected: string }[] = [
  {
    title: 'user, group and supplementary groups',
    script: 'id -u; id -g; id -G',
    overrides: { security: { runAsUser: 1000, runAsGroup: 3000, supplementalGroups: [4000] } },
    expected: '1000\n3000\n3000 4000',
  },
  {
    title: "the user of the image's passwd brings its group and home",
    script: 'id -g; echo $HOME',
    overrides: { security: { runAsUser: 1000 } },
    expected: '1000\n/home/node',
  },
  {
    title: "containerd's default capabilities",
    script: 'grep CapBnd /proc/self/status',
    overrides: {},
    expected: 'CapBnd:\t00000000a80425fb',
  },
  {
    title: 'no capability after drop ALL',
    script: 'grep CapEff /proc/self/status',
    overrides: { security: { dropCapabilities: ['ALL'] } },
    expected: 'CapEff:\t0000000000000000',
  },
  {
    title: 'one capability after drop ALL and add',
    script: 'grep CapEff /proc/self/status',
    overrides: { security: { dropCapabilities: ['ALL'], addCapabilities: ['NET_BIND_SERVICE'] } },
    expected: 'CapEff:\t0000000000000400',
  },
  {
    title: 'no new privileges',
    script: 'grep NoNewPrivs /proc/self/status',
    overrides: { security: { noNewPrivs: true } },
    expected: 'NoNewPrivs:\t1',
  },
  {
    title: 'a read-only root',
    script: 'touch /x 2>&1 | grep -o Read-only',
    overrides: { security: { readonlyRootfs: true } },
    expected: 'Read-only',
  },
  {
    title: 'no write to kernel settings',
    script: 'echo 1 2>/dev/null >/proc/sys/kernel/panic || echo refused',
    overrides: {},
    expected: 'refused',
  },
  {
    title: 'no use of a device it made',
    script: 'mknod /d b 254 0; head -c1 /d 2>&1 | grep -o denied',
    overrides: {},
    expected: 'denied',
  },
]
for (const { title, script, overrides, expected } of rights) {
  test(`a container gets ${title}`, { skip }, async () => {
    assert.equal(await output(script, overrides), expected)
  })
}

test('mounts: read-only, writable, single files, and symlinked targets stay inside the container', {
  skip,
}, async () => {
  const share = join(node.folder, 'share')
  mkdirSync(join(share, 'sub'), { recursive: true })
  writeFileSync(join(share, 'file'), 'from the host')
  const trap = join(node.folder, 'trap')
  mkdirSync(trap, { recursive: true })
  if (!existsSync(join(trap, 'link'))) symlinkSync('/etc', join(trap, 'link'))
  const text = await output(
    'touch /rw/made && cat /ro/file /one && touch /ro/x 2>&1 | grep -o Read-only; ls /trap/link/inner',
    {
      mounts: [
        { containerPath: '/rw', hostPath: share, readonly: false },
        { containerPath: '/ro', hostPath: share, readonly: true },
        { containerPath: '/one', hostPath: join(share, 'file'), readonly: true },
        { containerPath: '/trap', hostPath: trap, readonly: false },
        { containerPath: '/trap/link/inner', hostPath: share, readonly: true },
      ],
    },
  )
  assert.equal(text, 'from the hostfrom the hostRead-only\nfile\nmade\nsub')
  assert.ok(existsSync(join(share, 'made')))
  assert.ok(!existsSync('/etc/inner'), 'the link was followed on the host')
})

test('execSync() runs beside the container with its rights, and a timeout ends everything it started', {
  skip,
}, async () => {
  const { id, sandboxId } = await startPod(
    node,
    containerConfig('sleep 1000', { security: { runAsUser: 1000 }, env: [{ name: 'A', value: 'b' }] }),
  )
  const result = await node.runtime.execSync(id, ['sh', '-c', 'id -u; echo $A; echo no >&2; exit 4'], 5000)
  assert.deepEqual([result.exitCode, String(result.stdout), String(result.stderr)], [4, '1000\nb\n', 'no\n'])
  await assert.rejects(node.runtime.execSync(id, ['sh', '-c', 'sleep 777 & sleep 777'], 200), {
    name: 'RuntimeError',
    reason: 'Timeout',
  })
  const left = await node.runtime.execSync(
    id,
    ['sh', '-c', 'grep -l 77[7] /proc/[0-9]*/cmdline | grep -v /proc/$$/ | wc -l'],
    5000,
  )
  assert.equal(String(left.stdout).trim(), '0')
  assert.equal((await node.runtime.execSync(id, ['no-such-program'], 5000)).exitCode, 127)
  await node.runtime.removePodSandbox(sandboxId)
})

test('exec() carries stdin, and with a tty answers to resize', { skip }, async () => {
  const { id, sandboxId } = await startPod(node, containerConfig('sleep 1000'))
  const plain = await node.runtime.exec(id, { command: ['cat'], stdin: true, stdout: true, stderr: true, tty: false })
  plain.stdin?.end('through and back')
  assert.equal(await text(plain.stdout), 'through and back')
  assert.equal(await plain.exit, 0)
  const tty = await node.runtime.exec(id, {
    command: ['sh', '-c', 'trap "stty size; exit 6" WINCH; echo ready; while :; do sleep 0.05; done'],
    stdin: true,
    stdout: true,
    stderr: true,
    tty: true,
  })
  const seen = collect(tty.stdout)
  await seen.until('ready')
  tty.resize(101, 41)
  await seen.until('41 101')
  assert.equal(await tty.exit, 6)
  await node.runtime.removePodSandbox(sandboxId)
})

test('attach() reads output and writes stdin; the end of stdinOnce ends it', { skip }, async () => {
  const sandboxId = await node.runtime.runPodSandbox(podConfig(node.folder))
  const id = await node.runtime.createContainer(
    sandboxId,
    containerConfig('while read x; do echo "got $x"; done; exit 9', { stdin: true, stdinOnce: true }),
  )
  await node.runtime.startContainer(id)
  const session = await node.runtime.attach(id, { stdin: true, stdout: true, stderr: true, tty: false })
  const seen = collect(session.stdout)
  session.stdin?.write('one\n')
  await seen.until('got one')
  session.stdin?.end('two\n')
  await seen.until('got two')
  assert.equal((await whenEnded(node.runtime, id)).exitCode, 9)
  await session.exit
  await node.runtime.removePodSandbox(sandboxId)
})

test('a container with a tty has one, can be attached to, and logs what it shows', { skip }, async () => {
  const logDirectory = join(node.folder, 'tty-logs')
  const { id, sandboxId } = await startPod(
    node,
    containerConfig('[ -t 0 ] && [ -t 1 ] && echo terminal; read x; stty size; exit 5', { tty: true, stdin: true }),
    { logDirectory },
  )
  const session = await node.runtime.attach(id, { stdin: true, stdout: true, stderr: false, tty: true })
  session.resize(90, 30)
  const seen = collect(session.stdout)
  // Sized by another program, which the container must not outrun.
  await until(async () =>
    String((await node.runtime.execSync(id, ['sh', '-c', 'stty size </proc/1/fd/0 2>&1'], 5000)).stdout).includes(
      '30 90',
    ),
  )
  session.stdin?.write('go\n')
  await seen.until('30 90')
  assert.equal((await whenEnded(node.runtime, id)).exitCode, 5)
  assert.match(readFileSync(join(logDirectory, 'main/0.log'), 'utf8'), /stdout F terminal/)
  await node.runtime.removePodSandbox(sandboxId)
})

test('stopContainer() sends SIGTERM first and kills what ignores it', { skip }, async () => {
  const logDirectory = join(node.folder, 'stop-logs')
  const polite = await startPod(node, containerConfig('trap "exit 7" TERM; echo armed; while :; do sleep 0.05; done'), {
    logDirectory,
  })
  await until(
    async () =>
      existsSync(join(logDirectory, 'main/0.log')) &&
      /armed/.test(readFileSync(join(logDirectory, 'main/0.log'), 'utf8')),
  )
  await node.runtime.stopContainer(polite.id, 10_000)
  assert.equal((await node.runtime.containerStatus(polite.id)).exitCode, 7)
  const deaf = await startPod(node, containerConfig('trap "" TERM; while :; do sleep 0.05; done'))
  await node.runtime.stopContainer(deaf.id, 100)
  await node.runtime.stopContainer(deaf.id, 100)
  assert.equal((await node.runtime.containerStatus(deaf.id)).exitCode, 137)
  for (const pod of [polite, deaf]) await node.runtime.removePodSandbox(pod.sandboxId)
})

test('shareProcessNamespace shows the processes of the pod to each other', { skip }, async () => {
  const sandboxId = await node.runtime.runPodSandbox(podConfig(node.folder, { shareProcessNamespace: true }))
  const start = async (name: string, script: string): Promise<string> => {
    const id = await node.runtime.createContainer(
      sandboxId,
      containerConfig(script, { name, logPath: `${name}/0.log` }),
    )
    await node.runtime.startContainer(id)
    return id
  }
  const first = await start('first', 'exec sleep 4321')
  const second = await start('second', 'exec sleep 1000')
  const { stdout } = await node.runtime.execSync(second, ['ps', '-o', 'args'], 5000)
  assert.match(String(stdout), /sleep 4321/)
  await node.runtime.stopContainer(first, 100)
  assert.equal((await node.runtime.containerStatus(second)).state, 'running')
  await node.runtime.removePodSandbox(sandboxId)
})

test('privileged: all capabilities and the devices of the host', { skip }, async () => {
  const text = await output('grep CapEff /proc/self/status; ls /dev | wc -l', { security: { privileged: true } })
  const own = readFileSync('/proc/self/status', 'utf8')
    .split('\n')
    .find(line => line.startsWith('CapEff'))
  assert.equal(text.split('\n')[0], own)
  assert.ok(Number(text.split('\n')[1]) > 20)
})

test('portForward() reaches 127.0.0.1 and says when nobody listens', { skip }, async () => {
  const { sandboxId } = await startPod(node, containerConfig('sleep 1000'))
  const server = createServer(socket => socket.end('hello'))
  const port = await new Promise<number>(resolve =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  )
  const stream = await node.runtime.portForward(sandboxId, port)
  assert.equal(await text(stream), 'hello')
  stream.destroy()
  server.close()
  await assert.rejects(node.runtime.portForward(sandboxId, 1), { reason: 'PortForward' })
  await node.runtime.removePodSandbox(sandboxId)
})

const refused: {
  title: string
  overrides: ContainerOverrides
  at: 'create' | 'start'
  reason: string
  message: RegExp
}[] = [
  {
    title: 'an image that is absent',
    overrides: { image: 'no-such-image' },
    at: 'create',
    reason: 'NotFound',
    message: /no-such-image.*not found/,
  },
  {
    title: 'a program that is absent',
    overrides: { command: ['no-such-program'] },
    at: 'start',
    reason: 'RunContainerError',
    message: /executable file not found in \$PATH/,
  },
  {
    title: 'a program that is no program',
    overrides: { command: ['/etc/passwd'] },
    at: 'start',
    reason: 'RunContainerError',
    message: /permission denied/,
  },
  {
    title: 'a volume whose source is absent',
    overrides: { mounts: [{ containerPath: '/x', hostPath: '/no/such/path', readonly: false }] },
    at: 'create',
    reason: 'CreateContainerError',
    message: /does not exist/,
  },
  {
    title: 'an unknown capability',
    overrides: { security: { addCapabilities: ['FLY'] } },
    at: 'create',
    reason: 'CreateContainerError',
    message: /CAP_FLY/,
  },
]
for (const { title, overrides, at, reason, message } of refused) {
  test(`${at}Container() refuses ${title}`, { skip }, async () => {
    const sandboxId = await node.runtime.runPodSandbox(podConfig(node.folder))
    const attempt = async (): Promise<void> => {
      const id = await node.runtime.createContainer(sandboxId, containerConfig('true', overrides))
      if (at === 'create') throw new Error('was created')
      await node.runtime.startContainer(id)
    }
    await assert.rejects(
      attempt(),
      (error: unknown) => error instanceof RuntimeError && error.reason === reason && message.test(error.message),
    )
    await node.runtime.removePodSandbox(sandboxId)
  })
}

test('nothing is left of a removed pod', { skip }, async () => {
  for (const pod of await node.runtime.listPodSandboxes()) await node.runtime.removePodSandbox(pod.id)
  assert.deepEqual(await node.runtime.listContainers(), [])
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(node.folder))
  for (const folder of ['containers', 'sandboxes', 'exits']) {
    assert.deepEqual(readdirSync(join(node.folder, 'runtime', folder)), [], folder)
  }
})

async function text(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  let all = ''
  for await (const chunk of stream ?? []) all += String(chunk)
  return all
}

function collect(stream: NodeJS.ReadableStream | undefined): { until(words: string): Promise<void> } {
  let all = ''
  let check = (): void => {}
  stream?.on('data', chunk => {
    all += String(chunk)
    check()
  })
  return {
    until: words =>
      new Promise(resolve => {
        check = () => {
          if (all.includes(words)) resolve()
        }
        check()
      }),
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 10))
}
