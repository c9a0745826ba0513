import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../testing/start-server.ts'

test('publish() makes the kubernetes service once and follows the address of the server', async () => {
  const server = startServer()
  await server.server.publish({ address: '192.0.2.1', port: 6443 })
  const service = (await server.call('GET', '/api/v1/namespaces/default/services/kubernetes')).body
  assert.deepEqual(
    [service.spec['clusterIP'], service.spec['ports']],
    ['10.96.0.1', [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }]],
  )
  const revision = server.store.revision
  await server.server.publish({ address: '192.0.2.1', port: 6443 })
  assert.equal(server.store.revision, revision)
  await server.server.publish({ address: '192.0.2.2', port: 6443 })
  const slice = (await server.call('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes'))
    .body
  assert.match(JSON.stringify(slice), /192\.0\.2\.2/)
  assert.equal(
    (await server.call('GET', '/api/v1/namespaces/default/services/kubernetes')).body.spec['clusterIP'],
    '10.96.0.1',
  )
  await server.close()
})

test('publish() keeps a loopback address to itself', async () => {
  const server = startServer()
  await server.server.publish({ address: '127.0.0.1', port: 6443 })
  assert.equal((await server.call('GET', '/api/v1/namespaces/default/endpoints/kubernetes')).code, 404)
  await server.close()
})
