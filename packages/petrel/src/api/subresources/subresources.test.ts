import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { startServer, type TestServer } from '../testing/start-server.ts'

const pods = '/api/v1/namespaces/ns/pods'
const merge = 'application/merge-patch+json'

function pod(name: string, spec: object = {}, labels: Record<string, string> = {}): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  }
}

async function withServer(run: (server: TestServer) => Promise<void>): Promise<void> {
  const server = startServer()
  try {
    await run(server)
  } finally {
    await server.close()
  }
}

test('binding assigns a pod once', () =>
  withServer(async server => {
    await server.call('POST', pods, pod('p'))
    const bind = (node: string): ReturnType<TestServer['call']> =>
      server.call('POST', `${pods}/p/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'p' },
        target: { kind: 'Node', name: node },
      })
    const bound = await bind('n1')
    assert.deepEqual([bound.code, bound.body.status], [201, 'Success'])
    const { body } = await server.call('GET', `${pods}/p`)
    assert.equal(body.spec['nodeName'], 'n1')
    assert.deepEqual(
      (body.status['conditions'] as { type: string; status: string }[]).map(c => [c.type, c.status]),
      [['PodScheduled', 'True']],
    )
    const again = await bind('n2')
    assert.deepEqual(
      [again.code, again.body.message],
      [409, 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"'],
    )
    assert.equal((await bind('')).code, 422)
    await server.call('POST', pods, pod('q'))
    const old = await server.call('POST', '/api/v1/namespaces/ns/bindings', {
      metadata: { name: 'q' },
      target: { name: 'n1' },
    })
    assert.equal(old.code, 201)
  }))

test('scale reads and writes replicas of whatever has a scale', () =>
  withServer(async server => {
    const path = '/apis/apps/v1/namespaces/ns/replicasets'
    const spec = {
      replicas: 2,
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    }
    await server.call('POST', path, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'r' }, spec })
    const { body } = await server.call('GET', `${path}/r/scale`)
    assert.deepEqual(
      [body.kind, body.apiVersion, body.spec, body.status],
      ['Scale', 'autoscaling/v1', { replicas: 2 }, { replicas: 0, selector: 'a=b' }],
    )
    assert.equal(
      (await server.call('PATCH', `${path}/r/scale`, { spec: { replicas: 5 } }, merge)).body.spec['replicas'],
      5,
    )
    const stale = await server.call('PUT', `${path}/r/scale`, { ...body, spec: { replicas: 7 } })
    assert.equal(stale.code, 409)
    const negative = await server.call('PATCH', `${path}/r/scale`, { spec: { replicas: -1 } }, merge)
    assert.deepEqual(
      [negative.code, negative.body.message],
      [422, 'Scale.autoscaling "r" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    )
    assert.deepEqual((await server.call('GET', `${path}/r`)).body.metadata.generation, 2)
  }))

test('eviction spends a budget once and is refused with a cause when it is spent', () =>
  withServer(async server => {
    const budgets = '/apis/policy/v1/namespaces/ns/poddisruptionbudgets'
    await server.call('POST', budgets, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b' },
      spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
    })
    await server.call(
      'PATCH',
      `${budgets}/b/status`,
      {
        status: { observedGeneration: 1, disruptionsAllowed: 1, desiredHealthy: 1, currentHealthy: 2, expectedPods: 2 },
      },
      merge,
    )
    for (const name of ['p', 'q']) {
      await server.call('POST', pods, pod(name, { nodeName: 'n' }, { a: 'b' }))
      await server.call(
        'PATCH',
        `${pods}/${name}/status`,
        { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
        merge,
      )
    }
    const evict = (name: string): ReturnType<TestServer['call']> =>
      server.call('POST', `${pods}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })
    const unnamed = await server.call('POST', `${pods}/p/eviction`, {})
    assert.deepEqual([unnamed.code, unnamed.body.message], [400, 'name in URL does not match name in Eviction object'])
    const answers = await Promise.all([evict('p'), evict('q')])
    assert.deepEqual(answers.map(({ code }) => code).sort(), [201, 429])
    const refused = answers.find(({ code }) => code === 429)?.body
    assert.equal(refused?.message, "Cannot evict pod as it would violate the pod's disruption budget.")
    assert.deepEqual(refused?.details.causes, [
      { reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 2 currently' },
    ])
    const going = answers[0]?.code === 201 ? 'p' : 'q'
    const { body } = await server.call('GET', `${pods}/${going}`)
    assert.ok(body.metadata.deletionTimestamp)
    assert.ok((body.status['conditions'] as { type: string }[]).some(({ type }) => type === 'DisruptionTarget'))
  }))

test('services get addresses and ports that nobody else has, and give them back', () =>
  withServer(async server => {
    const path = '/api/v1/namespaces/ns/services'
    const service = (name: string, spec: object = {}): unknown => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { ports: [{ port: 80 }], ...spec },
    })
    const many = await Promise.all(
      Array.from({ length: 50 }, (_, i) => server.call('POST', path, service(`s${i}`, { type: 'NodePort' }))),
    )
    assert.ok(many.every(({ code }) => code === 201))
    assert.equal(new Set(many.map(({ body }) => body.spec['clusterIP'])).size, 50)
    assert.equal(new Set(many.map(({ body }) => (body.spec['ports'] as { nodePort: number }[])[0]?.nodePort)).size, 50)
    const address = many[0]?.body.spec['clusterIP']
    const taken = await server.call('POST', path, service('t', { clusterIP: address }))
    assert.equal(taken.code, 422)
    assert.match(taken.body.message, /failed to allocate IP .*: provided IP is already allocated/)
    await server.call('DELETE', `${path}/s0`)
    assert.equal((await server.call('POST', path, service('t', { clusterIP: address }))).code, 201)
    assert.equal((await server.call('POST', path, service('u', { clusterIP: '1.2.3.4' }))).code, 422)
    assert.equal((await server.call('POST', path, service('v', { clusterIP: 'None' }))).body.spec['clusterIP'], 'None')
    const families = async (name: string, spec: object): Promise<unknown> =>
      (await server.call('POST', path, service(name, { clusterIP: 'None', ...spec }))).body.spec['ipFamilies']
    assert.deepEqual(await families('any', {}), ['IPv4', 'IPv6'])
    assert.deepEqual(await families('chosen', { selector: { a: 'b' } }), ['IPv4'])
    assert.equal(
      (await server.call('POST', path, service('w', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }))).code,
      422,
    )
    // A create that was refused holds nothing.
    assert.equal((await server.call('POST', path, service('Bad_', { clusterIP: '10.96.7.7' }))).code, 422)
    assert.equal((await server.call('POST', path, service('good', { clusterIP: '10.96.7.7' }))).code, 201)
    assert.equal((await server.call('POST', path, service('dry', { clusterIP: '10.96.7.8' }))).code, 201)
  }))

test('access reviews ask the authorizer about the right subject', async () => {
  const asked: string[] = []
  const server = startServer({
    security: {
      authorizer: {
        authorize(attributes) {
          if (attributes.resource.endsWith('reviews')) return { allowed: true, reason: '' }
          asked.push(
            `${attributes.user.username} ${attributes.verb} ${attributes.group}/${attributes.resource} ${attributes.namespace}/${attributes.name}`,
          )
          return { allowed: attributes.user.username === 'bob', reason: 'because' }
        },
        rulesFor: () => ({ resourceRules: [], nonResourceRules: [] }),
      },
    },
  })
  const review = (kind: string, spec: unknown): ReturnType<TestServer['call']> =>
    server.call('POST', `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`, {
      apiVersion: 'authorization.k8s.io/v1',
      kind,
      spec,
    })
  const resourceAttributes = { verb: 'get', group: 'apps', resource: 'deployments', namespace: 'ns', name: 'x' }
  const bob = await review('SubjectAccessReview', { user: 'bob', resourceAttributes })
  assert.deepEqual([bob.code, bob.body.status], [201, { allowed: true, reason: 'because' }])
  assert.deepEqual((await review('SelfSubjectAccessReview', { resourceAttributes })).body.status, {
    allowed: false,
    reason: 'because',
  })
  assert.deepEqual(asked, ['bob get apps/deployments ns/x', 'tester get apps/deployments ns/x'])
  assert.equal((await review('SubjectAccessReview', { user: 'bob' })).code, 422)
  assert.equal((await review('SubjectAccessReview', { resourceAttributes })).code, 422)
  const self = await server.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
  })
  assert.deepEqual(self.body.status['userInfo'], {
    username: 'tester',
    groups: ['system:masters', 'system:authenticated'],
  })
  await server.close()
})

test("log and exec are the kubelet's answer, upgrades byte for byte", async () => {
  const kubelet = createServer((request, response) => response.end(`log of ${request.url}`))
  const echo = new WebSocketServer({ server: kubelet, handleProtocols: protocols => [...protocols][0] ?? false })
  let execPath = ''
  echo.on('connection', (socket, request) => {
    execPath = request.url ?? ''
    socket.on('message', data => socket.send(`echo ${String(data)}`))
  })
  await new Promise<void>(resolve => void kubelet.listen(0, '127.0.0.1', resolve))
  const { port } = kubelet.address() as { port: number }
  const server = startServer({
    nodes: {
      dial: async node => (node === 'n' ? connect(port, '127.0.0.1') : Promise.reject(new Error(`no node ${node}`))),
    },
  })
  const listener = await server.listen()
  await server.call('POST', pods, pod('p', { nodeName: 'n' }))
  await server.call('POST', pods, pod('lost', { nodeName: 'gone' }))
  await server.call(
    'POST',
    pods,
    pod('two', {
      nodeName: 'n',
      containers: [
        { name: 'a', image: 'i' },
        { name: 'b', image: 'i' },
      ],
    }),
  )
  const text = async (path: string): Promise<string> => (await fetch(`${listener.url}${pods}/${path}`)).text()
  assert.equal(await text('p/log?tailLines=5&follow=true'), 'log of /containerLogs/ns/p/c?follow=true&tailLines=5')
  assert.match(await text('two/log'), /a container name must be specified for pod two, choose one of: \[a b\]/)
  assert.match(await text('p/log?container=x'), /container x is not valid for pod p/)
  assert.match(await text('p/log/x'), /the server could not find the requested resource/)
  assert.match(await text('p/log?tailLines=-1'), /tailLines: Invalid value: -1/)
  assert.match(await text('lost/log'), /error dialing backend: no node gone/)

  const socket = new WebSocket(
    `${listener.url.replace('http', 'ws')}${pods}/p/exec?command=ls&command=-l&stdin=true&stdout=true`,
    'v5.channel.k8s.io',
  )
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  assert.equal(socket.protocol, 'v5.channel.k8s.io')
  socket.send('hello')
  assert.equal(await new Promise(resolve => socket.once('message', data => resolve(String(data)))), 'echo hello')
  assert.equal(execPath, '/exec/ns/p/c?input=1&output=1&command=ls&command=-l')
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.close()
  await closed
  echo.close()
  kubelet.close()
  kubelet.closeAllConnections()
  await server.close()
})
