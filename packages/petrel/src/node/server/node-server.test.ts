import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { FakeClock, openPki, systemClock } from '../../base/index.ts'
import { createSimulatedRuntime } from '../runtime/simulated/index.ts'
import type { NodeServer } from './index.ts'
import { type HostPod, startHostPod } from './testing/host-runtime.ts'
import { begin, get, serverOf } from './testing/requests.ts'

let host: HostPod
let server: NodeServer
before(async () => {
  host = await startHostPod(systemClock)
  server = serverOf(host, systemClock)
})
after(async () => {
  await server.close()
  host[Symbol.dispose]()
})

describe('the node’s server', () => {
  const upgrade = { connection: 'Upgrade', upgrade: 'SPDY/3.1' }
  const cases: { path: string; headers?: Record<string, string>; code: number; body: RegExp }[] = [
    { path: '/healthz', code: 200, body: /^ok$/ },
    { path: '/pods', code: 200, body: /^\{"kind":"PodList","apiVersion":"v1".*"name":"p"/ },
    { path: '/stats/summary', code: 200, body: /"podRef":\{"name":"p".*"workingSetBytes":8388608/ },
    {
      path: '/metrics/resource',
      code: 200,
      body: /^container_memory_working_set_bytes\{container="main",namespace="default",pod="p"\} 8388608$/m,
    },
    { path: '/nothing', code: 404, body: /404 page not found/ },
    { path: '/exec/default/p/main?command=ls&output=1', code: 400, body: /Upgrade request required/ },
    { path: '/containerLogs/default/q/main', code: 404, body: /^pod "q" does not exist$/m },
    { path: '/containerLogs/default/p/nope', code: 404, body: /^container "nope" not found in pod "p"$/m },
    {
      path: '/containerLogs/default/p/later',
      code: 400,
      body: /^container "later" in pod "p" is waiting to start: ContainerCreating$/m,
    },
    {
      path: '/containerLogs/default/p/main?previous=true',
      code: 400,
      body: /^previous terminated container "main" in pod "p" not found$/m,
    },
    { path: '/containerLogs/default/p/main?tailLines=x', code: 422, body: /tailLines "x" must be a number/ },
    { path: '/containerLogs/default/p/main?stream=Both', code: 400, body: /invalid stream type "Both"/ },
    { path: '/containerLogs/default/p/%zz', code: 400, body: /broken escape/ },
    { path: '/exec/default/q/main?command=ls&output=1', headers: upgrade, code: 404, body: /pod does not exist/ },
    {
      path: '/exec/default/p/later?command=ls&output=1',
      headers: upgrade,
      code: 500,
      body: /container not found \("later"\)/,
    },
    {
      path: '/exec/default/p/main?command=ls',
      headers: upgrade,
      code: 400,
      body: /at least 1 of stdin, stdout, stderr/,
    },
    { path: '/exec/default/p/main?output=1', headers: upgrade, code: 400, body: /at least 1 command/ },
    {
      path: '/exec/default/p/main?command=ls&output=1',
      headers: { ...upgrade, upgrade: 'h2c' },
      code: 400,
      body: /none of SPDY\/3\.1 and websocket/,
    },
    {
      path: '/exec/default/p/main?command=ls&output=1',
      headers: { ...upgrade, 'x-stream-protocol-version': 'v9.channel.k8s.io' },
      code: 403,
      body: /client supports \[v9\.channel\.k8s\.io\]/,
    },
    { path: '/portForward/default/q', headers: upgrade, code: 404, body: /pod does not exist/ },
  ]
  for (const { path, headers = {}, code, body } of cases) {
    it(`answers ${code} to ${headers['upgrade'] ?? ''} ${path}`, async () => {
      const answer = await get(server, path, headers)
      assert.equal(answer.code, code)
      assert.match(answer.body, body)
    })
  }

  it('gives the log with its options', async () => {
    writeFileSync(
      host.logFile,
      ['1', '2', '3'].map(n => `2026-01-01T00:00:0${n}.000000000Z stdout F line ${n}\n`).join(''),
    )
    const path = '/containerLogs/default/p/main'
    assert.equal((await get(server, path)).body, 'line 1\nline 2\nline 3\n')
    assert.equal(
      (await get(server, `${path}?tailLines=1&timestamps=true`)).body,
      '2026-01-01T00:00:03.000000000Z line 3\n',
    )
    assert.equal((await get(server, `${path}?sinceTime=2026-01-01T00:00:02Z&limitBytes=8`)).body, 'line 2\nl')
    assert.equal((await get(server, `${path}?sinceSeconds=60`)).body, '')
  })

  it('follows a log until the container has ended', async () => {
    const own = await startHostPod(systemClock)
    const following = serverOf(own, systemClock)
    const response = await begin(following, '/containerLogs/default/p/main?follow=true')
    const body = response[Symbol.asyncIterator]()
    appendFileSync(own.logFile, '2026-01-01T00:00:01.000000000Z stdout F one\n')
    assert.equal(String((await body.next()).value), 'one\n')
    appendFileSync(own.logFile, '2026-01-01T00:00:01.000000000Z stdout F two\n')
    await own.runtime.stopContainer(own.containerId, 0)
    let rest = ''
    for await (const chunk of { [Symbol.asyncIterator]: () => body }) rest += chunk
    assert.equal(rest, 'two\n')
    assert.equal((await get(following, '/containerLogs/default/p/main?follow=true&tailLines=1')).body, 'two\n')
    await following.close()
    own[Symbol.dispose]()
  })

  it('gives the one line of a simulated container, and follows it to its end', async () => {
    const clock = new FakeClock()
    const runtime = createSimulatedRuntime({ clock, podCidr: '10.0.0.0/24', nodeIp: '10.0.0.1' })
    const [sandbox] = await host.runtime.listPodSandboxes()
    const [container] = await host.runtime.listContainers()
    assert.ok(sandbox && container)
    await runtime.images.pull('x')
    const id = await runtime.createContainer(await runtime.runPodSandbox(sandbox.config), container.config)
    await runtime.startContainer(id)
    const simulated = serverOf({ ...host, runtime }, clock)
    const response = await begin(simulated, '/containerLogs/default/p/main?follow=true')
    const body = response[Symbol.asyncIterator]()
    assert.match(String((await body.next()).value), /^This container is simulated/)
    await runtime.stopContainer(id, 0)
    assert.equal((await body.next()).done, true)
    await simulated.close()
  })
})

describe('listen()', () => {
  it('serves callers whose certificate has the right name, and nobody else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'node-tls-'))
    const pki = await openPki({ folder, clock: systemClock })
    const own = pki.identity('apiserver')
    const listener = await server.listen({
      host: '127.0.0.1',
      port: 0,
      certificate: own.certificate,
      key: own.key,
      authority: pki.clusterAuthority,
      callers: ['kubernetes-admin'],
    })
    const ask = (who?: 'admin' | 'scheduler'): Promise<number> =>
      new Promise((resolve, reject) => {
        const identity = who && pki.identity(who)
        const credentials = identity ? { cert: identity.certificate, key: identity.key } : {}
        request({
          host: '127.0.0.1',
          port: listener.port,
          path: '/healthz',
          ca: pki.clusterAuthority,
          agent: false,
          ...credentials,
        })
          .once('response', response => resolve(response.resume().statusCode ?? 0))
          .once('error', reject)
          .end()
      })
    assert.equal(await ask('admin'), 200)
    await assert.rejects(ask('scheduler'))
    await assert.rejects(ask())
    await listener.close()
    rmSync(folder, { recursive: true })
  })
})
