import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '@petrel/machinery/kinds'
import type { FakeClock } from '../../base/index.ts'
import { startServer, type TestServer } from '../testing/start-server.ts'
import { openWatch } from '../testing/watch-items.ts'

const base = '/api/v1/namespaces/ns/configmaps'

async function withServer(run: (server: TestServer) => Promise<void>): Promise<void> {
  const server = startServer()
  try {
    await run(server)
  } finally {
    await server.close()
  }
}

async function create(
  server: TestServer,
  name: string,
  labels: Record<string, string> = {},
  path = base,
): Promise<void> {
  const { code } = await server.call('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } })
  assert.equal(code, 201)
}

const names = (items: readonly KubeObject[]): (string | undefined)[] => items.map(item => item.metadata?.name)

test('list() pages a consistent cut, whatever is written meanwhile', () =>
  withServer(async server => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(server, name)
    const first = (await server.call('GET', `${base}?limit=2`)).body
    assert.deepEqual(
      [names(first.items), first.metadata.remainingItemCount, first.metadata.resourceVersion],
      [['a', 'b'], 3, '5'],
    )
    await create(server, 'bb')
    await server.call('DELETE', `${base}/d`)
    const second = (await server.call('GET', `${base}?limit=2&continue=${first.metadata.continue}`)).body
    assert.deepEqual(
      [names(second.items), second.metadata.remainingItemCount, second.metadata.resourceVersion],
      [['c', 'd'], 1, '5'],
    )
    const third = (await server.call('GET', `${base}?limit=2&continue=${second.metadata.continue}`)).body
    assert.deepEqual([names(third.items), third.metadata.continue], [['e'], undefined])
  }))

test('list() whose history is gone answers 410 with a token that goes on inconsistently', () =>
  withServer(async server => {
    for (const name of ['a', 'b', 'c', 'd']) await create(server, name)
    const first = (await server.call('GET', `${base}?limit=2`)).body
    await create(server, 'e')
    await server.store.compact(server.store.revision)
    const gone = (await server.call('GET', `${base}?limit=2&continue=${first.metadata.continue}`)).body
    assert.deepEqual([gone.code, gone.reason], [410, 'Expired'])
    assert.match(gone.message, /^The provided continue parameter is too old to display a consistent list result/)
    const rest = (await server.call('GET', `${base}?continue=${gone.metadata.continue}`)).body
    assert.deepEqual([names(rest.items), rest.metadata.resourceVersion], [['c', 'd', 'e'], '5'])
    assert.equal((await server.call('GET', `${base}?resourceVersion=2&resourceVersionMatch=Exact`)).code, 410)
  }))

test('list() reads the revision that resourceVersionMatch asks for', () =>
  withServer(async server => {
    for (const name of ['a', 'b', 'c']) await create(server, name)
    const cases: [string, string[], string][] = [
      ['', ['a', 'b', 'c'], '3'],
      ['resourceVersion=0', ['a', 'b', 'c'], '3'],
      ['resourceVersion=2', ['a', 'b', 'c'], '3'],
      ['resourceVersion=2&resourceVersionMatch=NotOlderThan', ['a', 'b', 'c'], '3'],
      ['resourceVersion=2&resourceVersionMatch=Exact', ['a', 'b'], '2'],
      ['resourceVersion=2&limit=1', ['a'], '2'],
    ]
    for (const [query, expected, revision] of cases) {
      const { body } = await server.call('GET', `${base}?${query}`)
      assert.deepEqual([names(body.items), body.metadata.resourceVersion], [expected, revision], query)
    }
  }))

test('list() and watch() refuse options that contradict each other, as upstream does', () =>
  withServer(async server => {
    const { body } = await server.call('GET', base)
    const token = body.metadata.continue ?? ''
    assert.equal(token, '')
    const cases: [string, number, RegExp][] = [
      [
        'resourceVersionMatch=Exact',
        422,
        /^ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided$/,
      ],
      ['resourceVersion=0&resourceVersionMatch=Exact', 422, /is forbidden for resourceVersion "0"/],
      ['resourceVersion=1&resourceVersionMatch=Wrong', 422, /Unsupported value: "Wrong"/],
      ['sendInitialEvents=true', 422, /sendInitialEvents is forbidden for list/],
      [
        'watch=1&sendInitialEvents=true',
        422,
        /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/,
      ],
      ['watch=1&resourceVersionMatch=NotOlderThan', 422, /forbidden for watch unless sendInitialEvents is provided/],
      ['resourceVersion=abc', 400, /invalid resource version/],
      ['continue=nonsense!', 400, /^continue key is not valid/],
      ['continue=e30', 400, /^continue key is not valid/],
      ['limit=ten', 400, /invalid syntax/],
      ['labelSelector=a%20in%20(', 400, /unable to parse requirement/],
      ['fieldSelector=spec.nix%3D1', 400, /field/],
    ]
    for (const [query, code, message] of cases) {
      const answer = await server.call('GET', `${base}?${query}`)
      assert.equal(answer.code, code, query)
      assert.match(answer.body.message, message)
    }
  }))

test('a read of a revision that has not come waits for it, then says that it is too large', () =>
  withServer(async server => {
    await create(server, 'a')
    const waiting = server.call('GET', `${base}?resourceVersion=2`)
    await create(server, 'b')
    assert.deepEqual(names((await waiting).body.items), ['a', 'b'])
    const never = server.call('GET', `${base}/a?resourceVersion=100`)
    await (server.clock as FakeClock).advance(3_000)
    const { code, body } = await never
    assert.deepEqual(
      [code, body.message, body.details.causes?.[0]?.reason],
      [504, 'Timeout: Too large resource version: 100, current: 2', 'ResourceVersionTooLarge'],
    )
  }))

test('list() selects by labels and fields, in a namespace or in all', () =>
  withServer(async server => {
    await create(server, 'a', { app: 'x' })
    await create(server, 'b', { app: 'y' })
    await create(server, 'a', { app: 'y' }, '/api/v1/namespaces/other/configmaps')
    const cases: [string, string[]][] = [
      [`${base}?labelSelector=app%3Dx`, ['a']],
      [`${base}?labelSelector=app`, ['a', 'b']],
      [`${base}?fieldSelector=metadata.name%3Db`, ['b']],
      [`${base}?fieldSelector=metadata.name%3Dzz`, []],
      ['/api/v1/configmaps?labelSelector=app%3Dy', ['b', 'a']],
      ['/api/v1/configmaps?fieldSelector=metadata.namespace%3Dother', ['a']],
      [`${base}?labelSelector=app%3Dy&limit=1`, ['b']],
    ]
    for (const [target, expected] of cases)
      assert.deepEqual(names((await server.call('GET', target)).body.items), expected, target)
  }))

test('watch() without a revision begins with the state, with one goes on after it', () =>
  withServer(async server => {
    await create(server, 'a')
    await create(server, 'b')
    const fresh = await openWatch(server, `${base}?watch=1`)
    const zero = await openWatch(server, `${base}?watch=1&resourceVersion=0`)
    const later = await openWatch(server, `${base}?watch=1&resourceVersion=1`)
    assert.deepEqual(fresh.take(), ['ADDED a 1', 'ADDED b 2'])
    assert.deepEqual(zero.take(), ['ADDED a 1', 'ADDED b 2'])
    assert.deepEqual(later.take(), ['ADDED b 2'])
    await server.call('PATCH', `${base}/a`, { data: { k: 'v' } }, 'application/merge-patch+json')
    await server.call('DELETE', `${base}/b`)
    for (const watch of [fresh, zero, later]) assert.deepEqual(watch.take(), ['MODIFIED a 3', 'DELETED b 4'])
  }))

test('watch() with a selector reports what enters as ADDED and what leaves as DELETED in its last state', () =>
  withServer(async server => {
    await create(server, 'a', { app: 'x' })
    const watch = await openWatch(server, `${base}?watch=1&labelSelector=app%3Dx`)
    const label = (app: string): Promise<unknown> =>
      server.call('PATCH', `${base}/a`, { metadata: { labels: { app } } }, 'application/merge-patch+json')
    await label('y')
    await label('z')
    await label('x')
    await server.call('DELETE', `${base}/a`)
    assert.deepEqual(watch.take(), ['ADDED a 1', 'DELETED a 2', 'ADDED a 4', 'DELETED a 5'])
    assert.equal(watch.items[1]?.object.metadata?.labels?.['app'], 'x')
  }))

test('watch() of one name sees no other that begins the same', () =>
  withServer(async server => {
    const watch = await openWatch(server, `${base}?watch=1&fieldSelector=metadata.name%3Da`)
    await create(server, 'a')
    await create(server, 'ab')
    assert.deepEqual(watch.take(), ['ADDED a 1'])
  }))

test('watch() with sendInitialEvents marks the end of the state with a bookmark', () =>
  withServer(async server => {
    await create(server, 'a')
    const watch = await openWatch(
      server,
      `${base}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    )
    assert.deepEqual(watch.take(), ['ADDED a 1', 'BOOKMARK - 1'])
    assert.equal(watch.items[1]?.object.metadata?.annotations?.['k8s.io/initial-events-end'], 'true')
    const none = await openWatch(server, `${base}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`)
    assert.deepEqual(none.take(), [])
  }))

test('watch() sends a bookmark about once a minute and before its end', () =>
  withServer(async server => {
    const clock = server.clock as FakeClock
    const watch = await openWatch(server, `${base}?watch=1&allowWatchBookmarks=true&timeoutSeconds=120`)
    await create(server, 'other', {}, '/api/v1/namespaces/elsewhere/configmaps')
    await clock.advance(70_000)
    assert.deepEqual(watch.take(), ['BOOKMARK - 1'])
    await clock.advance(40_000)
    await create(server, 'other2', {}, '/api/v1/namespaces/elsewhere/configmaps')
    await clock.advance(10_000)
    assert.deepEqual(watch.take(), ['BOOKMARK - 2'])
    assert.equal(watch.ended, null)
  }))

test('watch() from a revision whose changes are gone ends with 410', () =>
  withServer(async server => {
    for (const name of ['a', 'b', 'c']) await create(server, name)
    await server.store.compact(2)
    const watch = await openWatch(server, `${base}?watch=1&resourceVersion=1`)
    assert.equal(watch.ended?.status.reason, 'Expired')
    assert.match(watch.ended?.status.message ?? '', /^too old resource version: 1 \(\d+\)$/)
  }))

test('close() ends watches cleanly, and readyz says no first', async () => {
  const server = startServer()
  const watch = await openWatch(server, `${base}?watch=1`)
  const closing = server.server.close()
  assert.equal((await server.call('GET', '/readyz')).code, 500)
  assert.equal(watch.ended, null)
  await closing
  await server.store.close()
})

test('objects stored as another version are read and written in both', () =>
  withServer(async server => {
    const v2 = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
        ],
      },
    }
    assert.equal(
      (await server.call('POST', '/apis/autoscaling/v2/namespaces/ns/horizontalpodautoscalers', v2)).code,
      201,
    )
    const { body } = await server.call('GET', '/apis/autoscaling/v1/namespaces/ns/horizontalpodautoscalers/h')
    assert.deepEqual([body.apiVersion, body.spec['targetCPUUtilizationPercentage']], ['autoscaling/v1', 60])
    const watch = await openWatch(server, '/apis/autoscaling/v1/horizontalpodautoscalers?watch=1')
    assert.deepEqual(watch.take(), ['ADDED h 1'])
    assert.match(Buffer.from(watch.items[0]?.json ?? []).toString(), /"apiVersion":"autoscaling\/v1"/)
  }))
