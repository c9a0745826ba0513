import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service, ServiceSpec } from '../../../api/core-v1.gen.ts'
import { cellsOf, created, faultsOf, updated } from '../faults-of.ts'
import { services } from './index.ts'

const service = (spec: ServiceSpec, status?: Service['status']): Service => ({
  metadata: { name: 's', namespace: 'ns', creationTimestamp: '2023-12-31T00:00:00Z' },
  spec: { ports: [{ port: 80 }], ...spec },
  ...(status && { status }),
})

test('services get their defaults', () => {
  assert.deepEqual(created(services, service({})).spec, {
    internalTrafficPolicy: 'Cluster',
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    sessionAffinity: 'None',
    type: 'ClusterIP',
  })
  const balanced = created(services, service({ type: 'LoadBalancer', sessionAffinity: 'ClientIP' })).spec
  assert.equal(balanced?.allocateLoadBalancerNodePorts, true)
  assert.equal(balanced?.externalTrafficPolicy, 'Cluster')
  assert.deepEqual(balanced?.sessionAffinityConfig, { clientIP: { timeoutSeconds: 10800 } })
  assert.deepEqual(created(services, service({ clusterIP: 'None' })).spec?.clusterIPs, ['None'])
})

const rows: [
  spec: ServiceSpec,
  status: Service['status'],
  type: string,
  cluster: string,
  external: string,
  ports: string,
][] = [
  [
    { type: 'ClusterIP', clusterIPs: ['10.0.0.1'], ports: [{ port: 80, protocol: 'TCP' }] },
    {},
    'ClusterIP',
    '10.0.0.1',
    '<none>',
    '80/TCP',
  ],
  [{ type: 'ClusterIP', clusterIPs: ['None'], ports: [] }, {}, 'ClusterIP', 'None', '<none>', '<none>'],
  [
    {
      type: 'NodePort',
      externalIPs: ['1.1.1.1', '2.2.2.2'],
      ports: [
        { port: 80, nodePort: 30080, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
    },
    {},
    'NodePort',
    '<none>',
    '1.1.1.1,2.2.2.2',
    '80:30080/TCP,53/UDP',
  ],
  [
    { type: 'LoadBalancer', clusterIPs: ['10.0.0.1'], ports: [] },
    {},
    'LoadBalancer',
    '10.0.0.1',
    '<pending>',
    '<none>',
  ],
  [
    { type: 'LoadBalancer', externalIPs: ['9.9.9.9'], ports: [] },
    { loadBalancer: { ingress: [{ ip: '3.3.3.3' }, { hostname: 'a.example' }, { ip: '2.2.2.2' }] } },
    'LoadBalancer',
    '<none>',
    '2.2.2.2,3.3.3.3,a.example,9.9.9.9',
    '<none>',
  ],
  [
    { type: 'ExternalName', externalName: 'db.example', ports: [] },
    {},
    'ExternalName',
    '<none>',
    'db.example',
    '<none>',
  ],
]
for (const [spec, status, type, cluster, external, ports] of rows) {
  test(`service columns show ${external} for ${type} ${cluster}`, () => {
    const cells = cellsOf(services, service({ selector: { b: '2', a: '1' }, ...spec }, status))
    assert.deepEqual(cells, {
      Name: 's',
      Type: type,
      'Cluster-IP': cluster,
      'External-IP': external,
      'Port(s)': ports,
      Age: '24h',
      Selector: 'a=1,b=2',
    })
  })
}

const cases: [what: string, spec: ServiceSpec, ...faults: string[]][] = [
  ['nothing', {}],
  ['no ports but headless', { ports: [], clusterIP: 'None' }],
  ['an external name', { ports: [], type: 'ExternalName', externalName: 'db.example.' }],
  ['no ports', { ports: [] }, 'spec.ports: Required value'],
  ['no external name', { ports: [], type: 'ExternalName' }, 'spec.externalName: Required value'],
  [
    'an unknown type',
    { type: 'Magic' },
    'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [
    'two ports without names',
    { ports: [{ port: 80 }, { port: 81 }] },
    'spec.ports[0].name: Required value',
    'spec.ports[1].name: Required value',
  ],
  [
    'a port name twice',
    {
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    },
    'spec.ports[1].name: Duplicate value: "a"',
  ],
  [
    'a port twice',
    {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    },
    'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
  ],
  [
    'a port out of range',
    { ports: [{ port: 70000, targetPort: 1 }] },
    'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    'a target that is no port',
    { ports: [{ port: 80, targetPort: 'a--b' }] },
    'spec.ports[0].targetPort: Invalid value: "a--b": must not contain consecutive hyphens',
  ],
  [
    'a node port for a cluster IP',
    { ports: [{ port: 80, nodePort: 30000 }] },
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    'a node port twice',
    {
      type: 'NodePort',
      ports: [
        { name: 'a', port: 80, nodePort: 30000 },
        { name: 'b', port: 81, nodePort: 30000 },
      ],
    },
    'spec.ports[1].nodePort: Duplicate value: 30000',
  ],
  [
    'an affinity that is none',
    { sessionAffinity: 'Sticky' },
    'spec.sessionAffinity: Unsupported value: "Sticky": supported values: "ClientIP", "None"',
  ],
  [
    'an affinity too long',
    { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } },
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
  ],
  [
    'an address that is none',
    { clusterIP: '10.0.0' },
    'spec.clusterIPs[0]: Invalid value: "10.0.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    'addresses that disagree',
    { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.2'] },
    'spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`',
  ],
  [
    'two addresses of one family',
    { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', '10.0.0.2'] },
    'spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family',
  ],
  [
    'a headless node port',
    { type: 'NodePort', clusterIP: 'None' },
    `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`,
  ],
  [
    'an external loopback',
    { externalIPs: ['127.0.0.1'] },
    'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  [
    'a traffic policy for nobody outside',
    { externalTrafficPolicy: 'Local' },
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    'a class without a balancer',
    { loadBalancerClass: 'a/b' },
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    'ranges without a balancer',
    { loadBalancerSourceRanges: ['10.0.0.0/8'] },
    "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
]
for (const [what, spec, ...faults] of cases) {
  const verdict = faults.length === 0 ? 'accepted' : 'refused'
  test(`service is ${verdict} with ${what}`, () => assert.deepEqual(faultsOf(services, service(spec)), faults))
}

const allocated = {
  clusterIP: '10.0.0.1',
  clusterIPs: ['10.0.0.1'],
  ipFamilies: ['IPv4'],
  ipFamilyPolicy: 'SingleStack',
}

test('updating a service keeps what was allocated when the client says nothing of it', () => {
  const old = created(services, service({ ...allocated, type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }))
  const now = updated(services, service({ type: 'NodePort', ports: [{ port: 81 }] }), old)
  assert.equal(now.spec?.clusterIP, '10.0.0.1')
  assert.deepEqual(now.spec?.clusterIPs, ['10.0.0.1'])
  assert.equal(now.spec?.ports?.[0]?.nodePort, 30080)
})

test('a service that changes its type loses what belonged to the old one', () => {
  const old = created(services, service({ ...allocated, type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }))
  const inside = updated(services, { ...old, spec: { ...old.spec, type: 'ClusterIP' } }, old)
  assert.deepEqual(inside.spec?.ports, [{ port: 80, protocol: 'TCP', targetPort: 80 }])
  assert.equal(inside.spec?.externalTrafficPolicy, undefined)
  const outside = updated(
    services,
    { ...old, spec: { ...old.spec, type: 'ExternalName', externalName: 'a.example' } },
    old,
  )
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) {
    assert.equal(outside.spec?.[field], undefined)
  }
})

test('a service keeps its address for life', () => {
  const now = service({ ...allocated, clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] })
  assert.deepEqual(faultsOf(services, now, service(allocated)), [
    'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
  ])
})
