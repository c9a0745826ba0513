import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HTTPIngressPath, Ingress, NetworkPolicy, NetworkPolicyPeer } from '../../api/networking-v1.gen.ts'
import { cells, create, update } from '../test-writes.ts'
import { ingressClasses, ingresses, ipAddresses, networkPolicies } from './index.ts'

const service = { name: 'web', port: { number: 80 } }
const path: HTTPIngressPath = { path: '/', pathType: 'Prefix', backend: { service } }
const ingress = (entry: Partial<HTTPIngressPath> = {}, host = 'a.example'): Ingress => ({
  spec: { rules: [{ host, http: { paths: [{ ...path, ...entry }] } }] },
})
const at = 'spec.rules[0].http.paths[0]'

const ingressCases: readonly [what: string, ingress: Ingress, faults: string[]][] = [
  ['good', ingress(), []],
  ['a wildcard', ingress({}, '*.example.com'), []],
  ['nothing', { spec: {} }, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
  ['a relative path', ingress({ path: 'x' }), [`${at}.path: Invalid value: "x": must be an absolute path`]],
  [
    'a path with turns',
    ingress({ path: '/a//b/..' }),
    [
      `${at}.path: Invalid value: "/a//b/..": must not contain '//'`,
      `${at}.path: Invalid value: "/a//b/..": cannot end with '/..'`,
    ],
  ],
  [
    'an unknown type',
    ingress({ pathType: 'Regex' }),
    [`${at}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
  ],
  [
    'no port',
    ingress({ backend: { service: { name: 'web' } } }),
    [`${at}.backend: Required value: port name or number is required`],
  ],
  [
    'no backend',
    ingress({ backend: {} }),
    [`${at}.backend: Invalid value: "": resource or service backend is required`],
  ],
  [
    'an address for a host',
    ingress({}, '10.0.0.1'),
    ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
  ],
]

test('ingresses.validate() names the fault', () => {
  for (const [what, object, faults] of ingressCases) assert.deepEqual(create(ingresses, object).faults, faults, what)
})

test('ingresses name their class once', () => {
  const object = ingress()
  object.metadata = { annotations: { 'kubernetes.io/ingress.class': 'a' } }
  object.spec!.ingressClassName = 'b'
  assert.deepEqual(create(ingresses, object).faults, [
    'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
  ])
})

test('ingressClasses keep their controller and know a scope', () => {
  const good = { spec: { controller: 'example.com/ingress', parameters: { kind: 'P', name: 'p' } } }
  assert.equal(create(ingressClasses, good).object.spec?.parameters?.scope, 'Cluster')
  assert.deepEqual(
    update(ingressClasses, good, object => {
      object.spec!.controller = 'example.com/other'
    }).faults,
    ['spec.controller: Invalid value: "example.com/other": field is immutable'],
  )
  assert.deepEqual(create(ingressClasses, { spec: { controller: 'x' } }).faults, [
    'spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")',
  ])
})

const policy = (...from: NetworkPolicyPeer[]): NetworkPolicy => ({ spec: { podSelector: {}, ingress: [{ from }] } })
const peer = 'spec.ingress[0].from[0]'

const peers: readonly [NetworkPolicyPeer, string[]][] = [
  [{ podSelector: {} }, []],
  [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }, []],
  [{}, [`${peer}: Required value: must specify a peer`]],
  [
    { podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } },
    [`${peer}: Forbidden: may not specify both ipBlock and another peer`],
  ],
  [
    { ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16', '10.0.0.0/8'] } },
    [
      `${peer}.ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of \`cidr\``,
      `${peer}.ipBlock.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``,
    ],
  ],
]

test('networkPolicies.validate() names the fault', () => {
  for (const [one, faults] of peers) assert.deepEqual(create(networkPolicies, policy(one)).faults, faults)
  const ports = { spec: { ingress: [{ ports: [{ port: 80, endPort: 70 }, { endPort: 5 }, { protocol: 'ICMP' }] }] } }
  assert.deepEqual(create(networkPolicies, ports).faults, [
    'spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`',
    'spec.ingress[0].ports[1].endPort: Invalid value: 5: may not be specified when `port` is not specified',
    'spec.ingress[0].ports[2].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
  ])
})

test('networkPolicies.setDefaults() knows the types from the rules', () => {
  assert.deepEqual(create(networkPolicies, policy()).object.spec?.policyTypes, ['Ingress'])
  const egress = create(networkPolicies, { spec: { egress: [{ ports: [{ port: 53 }] }] } }).object.spec
  assert.deepEqual(egress?.policyTypes, ['Ingress', 'Egress'])
  assert.equal(egress?.egress?.[0]?.ports?.[0]?.protocol, 'TCP')
})

test('columns show what kubectl get shows', () => {
  const { object } = create(ingresses, ingress())
  object.status = { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { hostname: 'lb.example' }] } }
  const { Class, Hosts, Address, Ports } = cells(ingresses, object)
  assert.deepEqual([Class, Hosts, Address, Ports], ['<none>', 'a.example', '10.0.0.2,lb.e...', '80'])
  const parentRef = { resource: 'services', namespace: 'a', name: 'b' }
  assert.equal(cells(ipAddresses, { spec: { parentRef } })['ParentRef'], 'services/a/b')
})
