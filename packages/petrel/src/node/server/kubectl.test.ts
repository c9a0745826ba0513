/**
 * The node's server behind the real API server, asked by every kubectl found: those in PETREL_KUBECTL_DIR, and the one in
 * PATH. Older ones speak SPDY, newer ones WebSocket.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { builtinKinds } from '@petrel/machinery/kinds'
import { stampResourceVersion } from '@petrel/machinery/schema'
import { type ApiServer, createApiServer } from '../../api/index.ts'
import { seededRng, silentLogger, systemClock } from '../../base/index.ts'
import { openMemoryStore } from '../../store/index.ts'
import type { NodeServer } from './index.ts'
import { type HostPod, startHostPod } from './testing/host-runtime.ts'
import { serverOf } from './testing/requests.ts'

const found = [process.env['PETREL_KUBECTL_DIR'], ...(process.env['PATH'] ?? '').split(':')].flatMap(folder => {
  try {
    return readdirSync(folder ?? '')
      .filter(name => /^kubectl([.-][\w.]+)?$/.test(name))
      .map(name => join(folder ?? '', name))
  } catch {
    return []
  }
})
// One that is reached by two names is asked once.
const kubectls = [...new Set(found.map(path => realpathSync(path)))]
const skip = kubectls.length === 0 ? 'no kubectl in PETREL_KUBECTL_DIR or PATH' : false

describe('kubectl', { skip }, () => {
  let host: HostPod
  let node: NodeServer
  let api: ApiServer
  let folder: string
  const store = openMemoryStore({ stamp: stampResourceVersion })
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'node-kubectl-'))
    host = await startHostPod(systemClock)
    node = serverOf(host, systemClock)
    const user = { username: 'admin', groups: ['system:masters', 'system:authenticated'] }
    api = createApiServer({
      store,
      clock: systemClock,
      rng: seededRng(1),
      log: silentLogger,
      kinds: builtinKinds,
      version: {
        major: '1',
        minor: '36',
        gitVersion: 'v1.36.0',
        gitCommit: '',
        gitTreeState: 'clean',
        buildDate: '2026-01-01T00:00:00Z',
        goVersion: '',
        compiler: '',
        platform: 'linux/amd64',
      },
      security: () => ({
        authenticator: { authenticate: () => user },
        authorizer: {
          authorize: () => ({ allowed: true, reason: '' }),
          rulesFor: () => ({ resourceRules: [], nonResourceRules: [] }),
        },
        admission: [],
      }),
      nodes: { dial: async () => node.connect() },
    })
    const { host: address, port } = await api.listen({ host: '127.0.0.1', port: 0 })
    const cluster = { name: 'c', cluster: { server: `http://${address}:${port}` } }
    const context = { name: 'c', context: { cluster: 'c', user: 'u' } }
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [cluster],
      users: [{ name: 'u', user: {} }],
      contexts: [context],
      'current-context': 'c',
    }
    writeFileSync(join(folder, 'config'), JSON.stringify(config))
    const pod = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...host.pod, metadata: { name: 'p' } })
    await fetch(
      `http://${address}:${port}/api/v1/namespaces`,
      json('{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}}'),
    )
    const created = await fetch(`http://${address}:${port}/api/v1/namespaces/default/pods`, json(pod))
    assert.equal(created.status, 201, await created.clone().text())
    const status = { status: { phase: 'Running' } }
    const patched = await fetch(`http://${address}:${port}/api/v1/namespaces/default/pods/p/status`, {
      ...json(JSON.stringify(status)),
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    assert.equal(patched.status, 200)
  })
  after(async () => {
    await api?.close()
    await node?.close()
    await store.close()
    host?.[Symbol.dispose]()
    if (folder) rmSync(folder, { recursive: true })
  })

  function run(
    kubectl: string,
    args: readonly string[],
    input?: Buffer,
  ): Promise<{ code: number; stdout: Buffer; stderr: string }> {
    return new Promise(resolve => {
      const options = {
        env: { ...process.env, KUBECONFIG: join(folder, 'config'), HOME: folder },
        encoding: 'buffer' as const,
        maxBuffer: 64 << 20,
        timeout: 30_000,
      }
      const child = execFile(kubectl, args, options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr: String(stderr) }),
      )
      child.stdin?.end(input)
    })
  }

  for (const kubectl of kubectls) {
    describe(kubectl, () => {
      it('exec gives both outputs and the exit code', async () => {
        const { code, stdout, stderr } = await run(kubectl, [
          'exec',
          'p',
          '-c',
          'main',
          '--',
          'sh',
          '-c',
          'echo out; echo err >&2; exit 7',
        ])
        assert.deepEqual([code, String(stdout)], [7, 'out\n'])
        assert.match(stderr, /^err\ncommand terminated with exit code 7$/m)
      })

      it('exec -i carries bytes unchanged in and out', async () => {
        const bytes = Buffer.from(Array.from({ length: 3 << 20 }, (_, i) => (i * 7919) % 256))
        const { code, stdout } = await run(kubectl, ['exec', '-i', 'p', '-c', 'main', '--', 'cat'], bytes)
        assert.equal(code, 0)
        assert.ok(stdout.equals(bytes))
      })

      it('says why it cannot exec', async () => {
        const { code, stderr } = await run(kubectl, ['exec', 'p', '-c', 'later', '--', 'true'])
        assert.equal(code, 1)
        assert.match(stderr, /container not found \("later"\)/)
      })

      it('cp brings a file there and back', async () => {
        const bytes = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 31) % 256))
        for (const name of ['from', 'there', 'back']) writeFileSync(join(folder, name), name === 'from' ? bytes : '')
        assert.equal(
          (await run(kubectl, ['cp', join(folder, 'from'), `p:${join(folder, 'there')}`, '-c', 'main'])).code,
          0,
        )
        assert.equal(
          (await run(kubectl, ['cp', `p:${join(folder, 'there')}`, join(folder, 'back'), '-c', 'main'])).code,
          0,
        )
        assert.ok(readFileSync(join(folder, 'back')).equals(bytes))
      })

      it('attach -i carries what is typed', async () => {
        const child = spawn(kubectl, ['attach', '-i', 'p', '-c', 'main'], {
          env: { ...process.env, KUBECONFIG: join(folder, 'config') },
        })
        child.stdin.write('typed\n')
        let text = ''
        while (!text.includes('typed\n')) text += String((await once(child.stdout, 'data'))[0])
        child.kill('SIGKILL')
        await once(child, 'close')
      })

      it('logs -f goes on', async () => {
        writeFileSync(host.logFile, '2026-01-01T00:00:01.000000000Z stdout F first\n')
        const child = spawn(kubectl, ['logs', '-f', 'p', '-c', 'main'], {
          env: { ...process.env, KUBECONFIG: join(folder, 'config') },
        })
        assert.equal(String((await once(child.stdout, 'data'))[0]), 'first\n')
        appendFileSync(host.logFile, '2026-01-01T00:00:02.000000000Z stderr F second\n')
        assert.equal(String((await once(child.stdout, 'data'))[0]), 'second\n')
        child.kill('SIGKILL')
        await once(child, 'close')
      })

      it('port-forward carries data of several connections', async () => {
        const echo = createServer({ allowHalfOpen: true }, socket => void socket.pipe(socket)).listen(0, '127.0.0.1')
        await once(echo, 'listening')
        const { port } = echo.address() as AddressInfo
        const child = spawn(kubectl, ['port-forward', 'pod/p', `:${port}`], {
          env: { ...process.env, KUBECONFIG: join(folder, 'config') },
        })
        const local = /127\.0\.0\.1:(\d+) ->/.exec(String((await once(child.stdout, 'data'))[0]))?.[1]
        const answers = [1, 2, 3].map(async n => {
          const socket = connect(Number(local), '127.0.0.1')
          const bytes = Buffer.alloc(500_000, n)
          socket.end(bytes)
          const chunks: Buffer[] = []
          for await (const chunk of socket) chunks.push(chunk as Buffer)
          assert.ok(Buffer.concat(chunks).equals(bytes))
        })
        await Promise.all(answers)
        child.kill('SIGKILL')
        await once(child, 'close')
        echo.close()
      })
    })
  }
})

function json(body: string): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body }
}
