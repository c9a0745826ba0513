import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '@petrel/machinery/kinds'
import type { FakeClock } from '../../base/index.ts'
import { startServer, type TestServer } from '../testing/start-server.ts'

const base = '/api/v1/namespaces/ns/configmaps'

function configMap(name: string, data: Record<string, string> = {}, metadata: object = {}): unknown {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data }
}

async function withServer(run: (server: TestServer) => Promise<void>): Promise<void> {
  const server = startServer()
  try {
    await run(server)
  } finally {
    await server.close()
  }
}

test('create() fills uid, creationTimestamp, namespace and resourceVersion, whatever the client sent', () =>
  withServer(async server => {
    const sent = configMap(
      'a',
      { k: 'v' },
      {
        uid: 'mine',
        creationTimestamp: '2000-01-01T00:00:00Z',
        generation: 7,
        deletionTimestamp: '2000-01-01T00:00:00Z',
      },
    )
    const { code, body } = await server.call('POST', base, sent)
    assert.equal(code, 201)
    assert.equal(body.metadata.namespace, 'ns')
    assert.equal(body.metadata.creationTimestamp, '2026-01-01T00:00:00Z')
    assert.equal(body.metadata.resourceVersion, '1')
    assert.match(body.metadata.uid ?? '', /^[0-9a-f-]{36}$/)
    assert.equal(body.metadata.generation, undefined)
    assert.equal(body.metadata.deletionTimestamp, undefined)
    assert.deepEqual(body.data, { k: 'v' })
  }))

test("create() refuses in upstream's words", () =>
  withServer(async server => {
    await server.call('POST', base, configMap('taken'))
    const cases: [unknown, number, string][] = [
      [configMap('taken'), 409, 'configmaps "taken" already exists'],
      [configMap('x', {}, { resourceVersion: '5' }), 500, 'resourceVersion should not be set on objects to be created'],
      [
        configMap('x', {}, { namespace: 'other' }),
        400,
        'the namespace of the provided object does not match the namespace sent on the request',
      ],
      [
        { ...(configMap('x') as object), apiVersion: 'apps/v1' },
        400,
        'the API version in the data (apps/v1) does not match the expected API version (v1)',
      ],
      [
        { ...(configMap('x') as object), kind: 'Secret' },
        400,
        'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
      ],
      [
        { kind: 'ConfigMap', apiVersion: 'v1', metadata: {} },
        422,
        'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
      ],
    ]
    for (const [body, code, message] of cases) {
      const answer = await server.call('POST', base, body)
      assert.deepEqual([answer.code, answer.body.message], [code, message])
    }
  }))

test('create() makes names from generateName and tries again when one is taken', () =>
  withServer(async server => {
    const names = new Set<string>()
    for (let i = 0; i < 50; i++) {
      const { body } = await server.call('POST', base, {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { generateName: `${'long-'.repeat(20)}` },
      })
      assert.equal(body.metadata.name?.length, 63)
      names.add(body.metadata.name ?? '')
    }
    assert.equal(names.size, 50)
  }))

test('create() keeps generation for kinds with a status', () =>
  withServer(async server => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
      status: { replicas: 7 },
    }
    const path = '/apis/apps/v1/namespaces/ns/deployments'
    const { body } = await server.call('POST', path, deployment)
    assert.equal(body.metadata.generation, 1)
    assert.equal(body.status?.['replicas'], undefined)
    const merge = 'application/merge-patch+json'
    assert.equal(
      (await server.call('PATCH', `${path}/d`, { metadata: { labels: { x: 'y' } } }, merge)).body.metadata.generation,
      1,
    )
    assert.equal(
      (await server.call('PATCH', `${path}/d/status`, { status: { replicas: 1 } }, merge)).body.metadata.generation,
      1,
    )
    const scaled = (await server.call('PATCH', `${path}/d`, { spec: { replicas: 5 }, status: { replicas: 99 } }, merge))
      .body
    assert.equal(scaled.metadata.generation, 2)
    assert.equal(scaled.status['replicas'], 1)
    const status = (
      await server.call('PATCH', `${path}/d/status`, { spec: { replicas: 9 }, status: { replicas: 2 } }, merge)
    ).body
    assert.deepEqual([status.spec['replicas'], status.status['replicas']], [5, 2])
  }))

test('update() lets exactly one of two writers with the same resourceVersion win', () =>
  withServer(async server => {
    const { body } = await server.call('POST', base, configMap('a'))
    const write = (k: string): Promise<{ code: number }> => server.call('PUT', `${base}/a`, { ...body, data: { k } })
    const codes = (await Promise.all([write('1'), write('2')])).map(({ code }) => code)
    assert.deepEqual(codes.sort(), [200, 409])
  }))

test('update() without a resourceVersion overwrites', () =>
  withServer(async server => {
    await server.call('POST', base, configMap('a', { k: '1' }))
    await server.call('PUT', `${base}/a`, configMap('a', { k: '2' }))
    const { code, body } = await server.call('PUT', `${base}/a`, configMap('a', { k: '3' }))
    assert.deepEqual([code, body.data, body.metadata.resourceVersion], [200, { k: '3' }, '3'])
  }))

test('update() that changes nothing writes nothing', () =>
  withServer(async server => {
    const { body } = await server.call('POST', base, configMap('a', { k: 'v' }))
    const revision = server.store.revision
    assert.equal(
      (await server.call('PUT', `${base}/a`, body)).body.metadata.resourceVersion,
      body.metadata.resourceVersion,
    )
    assert.equal(
      (await server.call('PATCH', `${base}/a`, { data: { k: 'v' } }, 'application/merge-patch+json')).code,
      200,
    )
    assert.equal(server.store.revision, revision)
  }))

test("update() refuses in upstream's words", () =>
  withServer(async server => {
    const { body } = await server.call('POST', base, configMap('a', { k: 'v' }))
    const cases: [string, unknown, number, RegExp][] = [
      [
        'a',
        { ...body, metadata: { ...body.metadata, resourceVersion: '99' } },
        409,
        /^Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes/,
      ],
      [
        'a',
        { ...body, metadata: { ...body.metadata, uid: 'x' } },
        409,
        /Precondition failed: UID in precondition: x, UID in object meta: /,
      ],
      ['b', body, 400, /^the name of the object \(a\) does not match the name on the URL \(b\)$/],
      [
        'a',
        { ...body, metadata: {} },
        400,
        /^the name of the object \(a based on URL\) was undeterminable: name must be provided$/,
      ],
      ['b', configMap('b'), 404, /^configmaps "b" not found$/],
      ['a', { ...body, metadata: { ...body.metadata, resourceVersion: 'x' } }, 400, /invalid resource version/],
    ]
    for (const [name, sent, code, message] of cases) {
      const answer = await server.call('PUT', `${base}/${name}`, sent)
      assert.equal(answer.code, code)
      assert.match(answer.body.message, message)
    }
  }))

test('patch() applies JSON, merge and strategic merge patches', () =>
  withServer(async server => {
    await server.call('POST', base, configMap('a', { k: 'v' }))
    const json = await server.call(
      'PATCH',
      `${base}/a`,
      [{ op: 'add', path: '/data/x', value: '1' }],
      'application/json-patch+json',
    )
    assert.deepEqual(json.body.data, { k: 'v', x: '1' })
    const merge = await server.call('PATCH', `${base}/a`, { data: { k: null, y: '2' } }, 'application/merge-patch+json')
    assert.deepEqual(merge.body.data, { x: '1', y: '2' })
    const strategic = await server.call(
      'PATCH',
      `${base}/a`,
      { data: { $patch: 'replace', z: '3' } },
      'application/strategic-merge-patch+json',
    )
    assert.deepEqual(strategic.body.data, { z: '3' })
    assert.equal((await server.call('PATCH', `${base}/a`, {}, 'application/apply-patch+yaml')).code, 415)
    assert.equal(
      (await server.call('PATCH', `${base}/a`, { metadata: { name: 'b' } }, 'application/merge-patch+json')).code,
      400,
    )
    assert.equal((await server.call('PATCH', `${base}/a`, { data: 7 }, 'application/merge-patch+json')).code, 422)
    assert.equal((await server.call('PATCH', `${base}/a`, '{', 'application/merge-patch+json')).code, 400)
    assert.equal((await server.call('PATCH', `${base}/nobody`, {}, 'application/merge-patch+json')).code, 404)
  }))

test('patch() of many writers at once loses no change', () =>
  withServer(async server => {
    await server.call('POST', base, configMap('a'))
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`)
    await Promise.all(
      keys.map(key => server.call('PATCH', `${base}/a`, { data: { [key]: '1' } }, 'application/merge-patch+json')),
    )
    assert.deepEqual(Object.keys((await server.call('GET', `${base}/a`)).body.data).sort(), keys.sort())
  }))

test('fieldValidation names unknown and duplicate fields: an error, warnings or nothing', () =>
  withServer(async server => {
    const sent = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","nix":1},"data":{"k":"1","k":"2"}}'
    const strict = await server.call('POST', `${base}?fieldValidation=Strict`, sent)
    assert.equal(strict.code, 400)
    assert.match(
      strict.body.message,
      /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: /,
    )
    assert.match(strict.body.message, /duplicate field "data.k"/)
    assert.match(strict.body.message, /unknown field "metadata.nix"/)
    const warn = await server.call('POST', `${base}?fieldValidation=Warn`, sent)
    assert.deepEqual([warn.code, warn.warnings], [201, ['duplicate field "data.k"', 'unknown field "metadata.nix"']])
    const ignore = await server.call('PUT', `${base}/a?fieldValidation=Ignore`, sent)
    assert.deepEqual([ignore.code, ignore.warnings], [200, []])
    assert.equal((await server.call('POST', `${base}?fieldValidation=Nonsense`, sent)).code, 422)
  }))

test('dryRun goes through everything and writes nothing', () =>
  withServer(async server => {
    const { body } = await server.call('POST', base, configMap('a', { k: 'v' }))
    const revision = server.store.revision
    const created = await server.call('POST', `${base}?dryRun=All`, configMap('b'))
    assert.deepEqual(
      [created.code, created.body.metadata.name, created.body.metadata.resourceVersion],
      [201, 'b', undefined],
    )
    assert.equal((await server.call('POST', `${base}?dryRun=All`, configMap('a'))).code, 409)
    assert.deepEqual((await server.call('PUT', `${base}/a?dryRun=All`, { ...body, data: { k: 'new' } })).body.data, {
      k: 'new',
    })
    assert.equal((await server.call('DELETE', `${base}/a?dryRun=All`)).code, 200)
    assert.equal((await server.call('DELETE', `${base}?dryRun=All`)).code, 200)
    assert.equal(server.store.revision, revision)
    assert.equal((await server.call('POST', `${base}?dryRun=Some`, configMap('b'))).code, 422)
  }))

test('delete() asked again for what finalizers hold writes nothing', () =>
  withServer(async server => {
    await server.call('POST', base, configMap('a', {}, { finalizers: ['example.com/f'] }))
    const marked = await server.call('DELETE', `${base}/a`, {})
    const again = await server.call('DELETE', `${base}/a`, { gracePeriodSeconds: 0 })
    assert.equal(again.code, 200)
    assert.equal(again.body.metadata.resourceVersion, marked.body.metadata.resourceVersion)
  }))

test('delete() of an object with finalizers marks it, and the last finalizer takes it away', () =>
  withServer(async server => {
    await server.call('POST', base, configMap('a', {}, { finalizers: ['example.com/f'] }))
    const marked = await server.call('DELETE', `${base}/a`)
    assert.equal(marked.body.metadata.deletionTimestamp, '2026-01-01T00:00:00Z')
    const added = await server.call(
      'PATCH',
      `${base}/a`,
      { metadata: { finalizers: ['example.com/f', 'example.com/g'] } },
      'application/merge-patch+json',
    )
    assert.equal(added.code, 422)
    assert.match(added.body.message, /no new finalizers can be added if the object is being deleted/)
    assert.equal((await server.call('DELETE', `${base}/a`)).code, 200)
    assert.equal(
      (await server.call('PATCH', `${base}/a`, { metadata: { finalizers: null } }, 'application/merge-patch+json'))
        .code,
      200,
    )
    assert.equal((await server.call('GET', `${base}/a`)).code, 404)
  }))

test('kinds that must not be written unseen refuse a PUT without resourceVersion, by their resource', () =>
  withServer(async server => {
    const classes = '/apis/node.k8s.io/v1/runtimeclasses'
    const runc = { metadata: { name: 'runc' }, handler: 'runc' }
    await server.call('POST', classes, runc)
    const { code, body } = await server.call('PUT', `${classes}/runc`, runc)
    const rule = 'metadata.resourceVersion: Invalid value: 0: must be specified for an update'
    assert.deepEqual([code, body.message], [422, `runtimeclasses.node.k8s.io "runc" is invalid: ${rule}`])
  }))

test('delete() holds to its preconditions', () =>
  withServer(async server => {
    const { body } = await server.call('POST', base, configMap('a'))
    const wrong = await server.call('DELETE', `${base}/a`, {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      preconditions: { uid: 'x' },
    })
    assert.equal(wrong.code, 409)
    assert.match(
      wrong.body.message,
      /^Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition \(x\) does not match the UID in record \(/,
    )
    assert.equal(wrong.body.details.kind, 'ConfigMap')
    const stale = await server.call('DELETE', `${base}/a`, {
      apiVersion: 'meta.k8s.io/v1',
      kind: 'DeleteOptions',
      preconditions: { resourceVersion: '77' },
    })
    assert.equal(stale.code, 409)
    const right = await server.call('DELETE', `${base}/a`, { preconditions: { uid: body.metadata.uid } })
    assert.deepEqual(right.body.details, { name: 'a', kind: 'configmaps', uid: body.metadata.uid })
    assert.equal(right.body.status, 'Success')
  }))

const policies: [string, string[] | undefined][] = [
  ['Orphan', ['orphan']],
  ['Foreground', ['foregroundDeletion']],
  ['Background', undefined],
]
for (const [policy, finalizers] of policies) {
  test(`delete() with propagationPolicy ${policy} leaves ${finalizers ?? 'nothing'} behind`, () =>
    withServer(async server => {
      await server.call('POST', base, configMap('a'))
      await server.call('DELETE', `${base}/a?propagationPolicy=${policy}`)
      const { code, body } = await server.call('GET', `${base}/a`)
      if (finalizers) assert.deepEqual(body.metadata.finalizers, finalizers)
      else assert.equal(code, 404)
    }))
}

test('delete() of a running pod takes two steps, and its time only gets shorter', () =>
  withServer(async server => {
    const path = '/api/v1/namespaces/ns/pods'
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    }
    assert.equal((await server.call('POST', path, pod)).code, 201)
    const meta = async (target: string): Promise<NonNullable<KubeObject['metadata']>> =>
      (await server.call('DELETE', target)).body.metadata
    assert.deepEqual(pick(await meta(`${path}/p`)), ['2026-01-01T00:00:30Z', 30])
    assert.deepEqual(pick(await meta(`${path}/p?gracePeriodSeconds=60`)), ['2026-01-01T00:00:30Z', 30])
    assert.deepEqual(pick(await meta(`${path}/p?gracePeriodSeconds=5`)), ['2026-01-01T00:00:05Z', 5])
    await (server.clock as FakeClock).advance(5_000)
    assert.equal((await server.call('GET', `${path}/p`)).code, 200)
    assert.equal((await server.call('DELETE', `${path}/p?gracePeriodSeconds=0`)).code, 200)
    assert.equal((await server.call('GET', `${path}/p`)).code, 404)
  }))

function pick(meta: NonNullable<KubeObject['metadata']>): unknown[] {
  return [meta.deletionTimestamp, meta.deletionGracePeriodSeconds]
}

test('delete() of a pod that no node has takes it away at once', () =>
  withServer(async server => {
    const path = '/api/v1/namespaces/ns/pods'
    await server.call('POST', path, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    })
    assert.equal((await server.call('DELETE', `${path}/p`)).body.kind, 'Pod')
    assert.equal((await server.call('GET', `${path}/p`)).code, 404)
  }))

test('deleteCollection() deletes what its selectors take and names it', () =>
  withServer(async server => {
    for (const name of ['a', 'b', 'c'])
      await server.call('POST', base, configMap(name, {}, { labels: { odd: String(name !== 'b') } }))
    const { body } = await server.call('DELETE', `${base}?labelSelector=odd%3Dtrue`)
    assert.deepEqual(
      body.items.map((item: KubeObject) => item.metadata?.name),
      ['a', 'c'],
    )
    assert.deepEqual(
      (await server.call('GET', base)).body.items.map((item: KubeObject) => item.metadata?.name),
      ['b'],
    )
  }))

test('a namespace stays Terminating until finalize empties it', () =>
  withServer(async server => {
    await server.call('POST', '/api/v1/namespaces', { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'x' } })
    const { body } = await server.call('DELETE', '/api/v1/namespaces/x')
    assert.equal(body.status['phase'], 'Terminating')
    assert.equal((await server.call('GET', '/api/v1/namespaces/x')).code, 200)
    const { body: found } = await server.call('GET', '/api/v1/namespaces/x')
    assert.equal((await server.call('PUT', '/api/v1/namespaces/x/finalize', { ...found, spec: {} })).code, 200)
    assert.equal((await server.call('GET', '/api/v1/namespaces/x')).code, 404)
  }))

test('what comes back is frozen', () =>
  withServer(async server => {
    const { body } = await server.call('POST', base, configMap('a', { k: 'v' }))
    assert.throws(() => {
      body.data['k'] = 'changed'
    }, TypeError)
  }))
