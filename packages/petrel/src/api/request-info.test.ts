import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRequestInfo } from './request-info.ts'

/** Method, target, then verb, group/version, namespace, resource, subresource, name, rest. */
const resources: [string, string, string, string, string, string, string, string, string][] = [
  ['GET', '/api/v1/pods', 'list', '/v1', '', 'pods', '', '', ''],
  ['HEAD', '/api/v1/pods/', 'list', '/v1', '', 'pods', '', '', ''],
  ['GET', '/api/v1/pods?watch=true', 'watch', '/v1', '', 'pods', '', '', ''],
  ['GET', '/api/v1/pods?watch=false', 'list', '/v1', '', 'pods', '', '', ''],
  ['GET', '/api/v1/namespaces/ns/pods', 'list', '/v1', 'ns', 'pods', '', '', ''],
  ['GET', '/api/v1/namespaces/ns/pods/p', 'get', '/v1', 'ns', 'pods', '', 'p', ''],
  ['GET', '/api/v1/namespaces/ns/pods/p/log', 'get', '/v1', 'ns', 'pods', 'log', 'p', ''],
  ['POST', '/api/v1/namespaces/ns/pods/p/proxy/a/b', 'create', '/v1', 'ns', 'pods', 'proxy', 'p', 'a/b'],
  ['GET', '/api/v1/namespaces', 'list', '/v1', '', 'namespaces', '', '', ''],
  ['GET', '/api/v1/namespaces/ns', 'get', '/v1', 'ns', 'namespaces', '', 'ns', ''],
  ['PUT', '/api/v1/namespaces/ns/status', 'update', '/v1', 'ns', 'namespaces', 'status', 'ns', ''],
  ['PUT', '/api/v1/namespaces/ns/finalize', 'update', '/v1', 'ns', 'namespaces', 'finalize', 'ns', ''],
  ['DELETE', '/apis/apps/v1/namespaces/ns/deployments', 'deletecollection', 'apps/v1', 'ns', 'deployments', '', '', ''],
  ['DELETE', '/apis/apps/v1/namespaces/ns/deployments/d', 'delete', 'apps/v1', 'ns', 'deployments', '', 'd', ''],
  [
    'PATCH',
    '/apis/apps/v1/namespaces/ns/deployments/d/scale',
    'patch',
    'apps/v1',
    'ns',
    'deployments',
    'scale',
    'd',
    '',
  ],
  ['GET', '/api/v1/watch/pods', 'watch', '/v1', '', 'pods', '', '', ''],
  ['GET', '/api/v1/watch/namespaces/ns/pods/p', 'watch', '/v1', 'ns', 'pods', '', 'p', ''],
  ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dp', 'list', '/v1', '', 'pods', '', 'p', ''],
]
for (const [method, target, verb, groupVersion, namespace, resource, subresource, name, rest] of resources) {
  test(`parseRequestInfo() reads ${method} ${target}`, () => {
    const url = new URL(target, 'http://test')
    const info = parseRequestInfo(method, url.pathname, url.searchParams)
    assert.equal(info.resourceRequest, true)
    assert.deepEqual(
      [
        info.verb,
        `${info.group}/${info.version}`,
        info.namespace,
        info.resource,
        info.subresource,
        info.name,
        info.rest,
      ],
      [verb, groupVersion, namespace, resource, subresource, name, rest],
    )
  })
}

for (const target of [
  '/',
  '/api',
  '/api/v1',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/healthz',
  '/nix/a/b/c',
  '/api/',
]) {
  test(`parseRequestInfo() takes ${target} for no resource`, () => {
    const info = parseRequestInfo('GET', target, new URLSearchParams())
    assert.deepEqual([info.resourceRequest, info.verb, info.path], [false, 'get', target])
  })
}
