/** What kinds declare about writes is asked where upstream asks it: generation, dependents, what only new objects may not have. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer, type TestServer } from '../testing/start-server.ts'

const apps = '/apis/apps/v1/namespaces/ns'
const batch = '/apis/batch/v1/namespaces/ns'
const template = (app: string, policy?: string) => ({
  metadata: { labels: { app } },
  spec: { ...(policy && { restartPolicy: policy }), containers: [{ name: 'c', image: 'i' }] },
})
const deployment = {
  metadata: { name: 'd' },
  spec: { selector: { matchLabels: { app: 'd' } }, template: template('d') },
}
const job = { metadata: { name: 'j' }, spec: { template: template('j', 'Never') } }
const controller = { metadata: { name: 'c' }, spec: { selector: { app: 'c' }, template: template('c') } }
const slice = { metadata: { name: 's' }, addressType: 'IPv4', endpoints: [], ports: [] }

async function withServer(run: (server: TestServer) => Promise<void>): Promise<void> {
  const server = startServer()
  try {
    await run(server)
  } finally {
    await server.close()
  }
}

test('create() refuses what only a new object may not have', () =>
  withServer(async server => {
    const ingress = {
      metadata: { name: 'i', annotations: { 'kubernetes.io/ingress.class': 'a' } },
      spec: { ingressClassName: 'b', defaultBackend: { service: { name: 's', port: { number: 1 } } } },
    }
    const { code, body } = await server.call('POST', '/apis/networking.k8s.io/v1/namespaces/ns/ingresses', ingress)
    assert.equal(code, 422)
    assert.match(body.message, /must match `ingressClassName` when both are specified/)
  }))

const changes: [kind: string, path: string, object: object, [patch: object, generation: number][]][] = [
  [
    'a deployment counts spec and annotations',
    `${apps}/deployments`,
    deployment,
    [
      [{ metadata: { annotations: { a: 'b' } } }, 2],
      [{ metadata: { labels: { a: 'b' } } }, 2],
      [{ spec: { replicas: 3 } }, 3],
      [{ spec: { replicas: 3 } }, 3],
    ],
  ],
  [
    'an endpoint slice counts everything and its labels',
    '/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices',
    slice,
    [
      [{ metadata: { annotations: { a: 'b' } } }, 1],
      [{ metadata: { labels: { a: 'b' } } }, 2],
      [{ endpoints: [{ addresses: ['10.0.0.1'] }] }, 3],
      [{ ports: [{ port: 80 }] }, 4],
    ],
  ],
  [
    'a job counts its spec',
    `${batch}/jobs`,
    job,
    [
      [{ metadata: { annotations: { a: 'b' } } }, 1],
      [{ spec: { parallelism: 2 } }, 2],
    ],
  ],
]
for (const [what, path, object, steps] of changes) {
  test(`metadata.generation: ${what}`, () =>
    withServer(async server => {
      const { body } = await server.call('POST', path, object)
      assert.equal(body.metadata.generation, 1)
      for (const [patch, generation] of steps) {
        const at = `${path}/${body.metadata.name}`
        const answer = await server.call('PATCH', at, patch, 'application/merge-patch+json')
        assert.equal(answer.body.metadata.generation, generation, JSON.stringify(patch))
      }
    }))
}

test('metadata.generation is not kept for kinds whose upstream has none', () =>
  withServer(async server => {
    const autoscaler = {
      metadata: { name: 'h' },
      spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } },
    }
    const path = '/apis/autoscaling/v2/namespaces/ns/horizontalpodautoscalers'
    const { code, body } = await server.call('POST', path, autoscaler)
    assert.deepEqual([code, body.metadata.generation], [201, undefined])
  }))

const deletes: [path: string, object: object, query: string, finalizers: string[] | undefined, warns: boolean][] = [
  [`${batch}/jobs`, job, '', ['orphan'], true],
  [`${batch}/jobs`, job, '?propagationPolicy=Background', undefined, false],
  [`${batch}/jobs`, job, '?propagationPolicy=Orphan', ['orphan'], false],
  [`${batch}/jobs`, job, '?propagationPolicy=Foreground', ['foregroundDeletion'], false],
  [`${batch}/jobs`, job, '?orphanDependents=false', undefined, false],
  ['/api/v1/namespaces/ns/replicationcontrollers', controller, '', ['orphan'], false],
  [`${apps}/deployments`, deployment, '', undefined, false],
]
for (const [path, object, query, finalizers, warns] of deletes) {
  const kind = path.split('/').at(-1)
  test(`delete() of ${kind}${query} leaves ${finalizers ?? 'nothing'}${warns ? ' and warns' : ''}`, () =>
    withServer(async server => {
      const { body } = await server.call('POST', path, object)
      const at = `${path}/${body.metadata.name}`
      const { warnings } = await server.call('DELETE', at + query)
      assert.equal(
        warnings.some(line => line.startsWith('child pods are preserved by default')),
        warns,
      )
      const left = await server.call('GET', at)
      assert.deepEqual(left.code === 200 ? left.body.metadata.finalizers : undefined, finalizers)
    }))
}

test('deleteCollection() of jobs leaves their pods alone and says so', () =>
  withServer(async server => {
    await server.call('POST', `${batch}/jobs`, job)
    const { warnings } = await server.call('DELETE', `${batch}/jobs`)
    assert.equal(warnings.length, 1)
    assert.deepEqual((await server.call('GET', `${batch}/jobs/j`)).body.metadata.finalizers, ['orphan'])
  }))

test('create() with generateName gives a job the labels of the name it ends up with', () =>
  withServer(async server => {
    const { body } = await server.call('POST', `${batch}/jobs`, {
      metadata: { generateName: 'j-' },
      spec: { template: { spec: template('j', 'Never')['spec'] } },
    })
    const { name, uid, labels } = body.metadata
    assert.equal(labels?.['batch.kubernetes.io/job-name'], name)
    assert.equal(labels?.['batch.kubernetes.io/controller-uid'], uid)
    const selected = (body.spec as { selector: { matchLabels: Record<string, string> } }).selector.matchLabels
    assert.deepEqual(selected, { 'batch.kubernetes.io/controller-uid': uid })
  }))

test("list() refuses fields that a kind does not select by, in that kind's words", () =>
  withServer(async server => {
    const cases: [string, string][] = [
      [`${batch}/jobs`, 'field label "x" not supported for Job'],
      ['/api/v1/pods', 'field label not supported: x'],
      [`${apps}/deployments`, '"x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
      [
        '/apis/resource.k8s.io/v1/resourceslices',
        'field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: x',
      ],
    ]
    for (const [path, message] of cases) {
      const { code, body } = await server.call('GET', `${path}?fieldSelector=x%3D1`)
      assert.deepEqual([code, body.message], [400, message])
    }
  }))
