import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, NodeSpec, Pod, PodSpec } from '@petrel/machinery/api/core-v1'
import fc from 'fast-check'
import { seededRng } from '../base/index.ts'
import { describeRefusals, enoughNodes, findNode, refusalOf } from './find-node.ts'
import { NodeState } from './node-state.ts'
import { factsOf } from './pod-facts.ts'
import { findPreemption } from './preempt.ts'

let uids = 0

function pod(spec: Partial<PodSpec> & { cpu?: string; memory?: string; hostPort?: number } = {}): Pod {
  const { cpu, memory, hostPort, ...rest } = spec
  const requests = { ...(cpu && { cpu }), ...(memory && { memory }) }
  const ports = hostPort ? [{ containerPort: hostPort, hostPort, protocol: 'TCP' }] : []
  return {
    metadata: { name: `pod-${++uids}`, namespace: 'default', uid: `uid-${uids}` },
    spec: { containers: [{ name: 'c', resources: { requests }, ports }], ...rest },
  }
}

interface NodeShape {
  name?: string
  cpu?: string
  memory?: string
  labels?: Record<string, string>
  spec?: NodeSpec
  pods?: Pod[]
}

function node({ name = 'n', cpu = '4', memory = '8Gi', labels = {}, spec = {}, pods = [] }: NodeShape = {}): NodeState {
  const object: Node = { metadata: { name, labels }, spec, status: { allocatable: { cpu, memory, pods: '110' } } }
  const state = new NodeState(name)
  state.setNode(object)
  for (const one of pods) state.addPod(factsOf(one))
  return state
}

const zone = (operator: string, values: string[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator, values }] }],
      },
    },
  },
})

const filters: readonly { name: string; pod: Pod; node: NodeState; reasons: string[]; unresolvable?: boolean }[] = [
  { name: 'takes a pod that fits', pod: pod({ cpu: '4' }), node: node(), reasons: [] },
  {
    name: 'refuses more cpu than is left',
    pod: pod({ cpu: '3' }),
    node: node({ pods: [pod({ cpu: '2' })] }),
    reasons: ['Insufficient cpu'],
  },
  {
    name: 'knows that no eviction helps a pod larger than the node',
    pod: pod({ cpu: '5' }),
    node: node(),
    reasons: ['Insufficient cpu'],
    unresolvable: true,
  },
  {
    name: 'names every resource that is short',
    pod: pod({ cpu: '3', memory: '7Gi' }),
    node: node({ pods: [pod({ cpu: '2', memory: '2Gi' })] }),
    reasons: ['Insufficient cpu', 'Insufficient memory'],
  },
  {
    name: 'refuses a cordoned node',
    pod: pod(),
    node: node({ spec: { unschedulable: true } }),
    reasons: ['node(s) were unschedulable'],
    unresolvable: true,
  },
  {
    name: 'lets a pod onto a cordoned node that tolerates it',
    pod: pod({ tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] }),
    node: node({ spec: { unschedulable: true } }),
    reasons: [],
  },
  {
    name: 'refuses a taint',
    pod: pod(),
    node: node({ spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } }),
    reasons: ['node(s) had untolerated taint(s)'],
    unresolvable: true,
  },
  {
    name: 'ignores a soft taint',
    pod: pod(),
    node: node({ spec: { taints: [{ key: 'gpu', effect: 'PreferNoSchedule' }] } }),
    reasons: [],
  },
  {
    name: 'lets a toleration of the value in',
    pod: pod({ tolerations: [{ key: 'gpu', value: 'a' }] }),
    node: node({ spec: { taints: [{ key: 'gpu', value: 'a', effect: 'NoExecute' }] } }),
    reasons: [],
  },
  {
    name: 'keeps a toleration of another value out',
    pod: pod({ tolerations: [{ key: 'gpu', value: 'b' }] }),
    node: node({ spec: { taints: [{ key: 'gpu', value: 'a', effect: 'NoSchedule' }] } }),
    reasons: ['node(s) had untolerated taint(s)'],
    unresolvable: true,
  },
  {
    name: 'follows the node selector',
    pod: pod({ nodeSelector: { disk: 'ssd' } }),
    node: node({ labels: { disk: 'hdd' } }),
    reasons: ["node(s) didn't match Pod's node affinity/selector"],
    unresolvable: true,
  },
  {
    name: 'follows required affinity',
    pod: pod(zone('In', ['a'])),
    node: node({ labels: { zone: 'a' } }),
    reasons: [],
  },
  {
    name: 'follows negative affinity',
    pod: pod(zone('NotIn', ['a'])),
    node: node({ labels: { zone: 'a' } }),
    reasons: ["node(s) didn't match Pod's node affinity/selector"],
    unresolvable: true,
  },
  {
    name: 'refuses a host port that is taken',
    pod: pod({ hostPort: 80 }),
    node: node({ pods: [pod({ hostPort: 80 })] }),
    reasons: ["node(s) didn't have free ports for the requested pod ports"],
  },
  {
    name: 'refuses another node than the pod names',
    pod: pod({ nodeName: 'other' }),
    node: node(),
    reasons: ["node(s) didn't match the requested node name"],
    unresolvable: true,
  },
]

for (const { name, pod, node, reasons, unresolvable = false } of filters) {
  test(`refusalOf() ${name}`, () => {
    const refusal = refusalOf(factsOf(pod), node)
    assert.deepEqual(refusal?.reasons ?? [], reasons)
    if (refusal) assert.equal(refusal.unresolvable, unresolvable)
  })
}

test('factsOf() asks for the larger of init containers and containers, sidecars counted with both', () => {
  const container = (name: string, cpu: string, restartPolicy?: string) => ({
    name,
    resources: { requests: { cpu } },
    ...(restartPolicy && { restartPolicy }),
  })
  const facts = factsOf(
    pod({
      initContainers: [container('sidecar', '100m', 'Always'), container('setup', '900m')],
      containers: [container('a', '200m'), container('b', '300m')],
      overhead: { cpu: '10m' },
    }),
  )
  assert.equal(facts.requests.get('cpu'), 1010)
})

test('findNode() prefers the emptier node, then the preferred one', () => {
  const nodes = [node({ name: 'full', pods: [pod({ cpu: '3', memory: '6Gi' })] }), node({ name: 'empty' })]
  assert.equal(findNode(factsOf(pod({ cpu: '1', memory: '1Gi' })), nodes, 0, seededRng(1)).node?.name, 'empty')
  const preferring = pod({
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 10, preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] } },
        ],
      },
    },
  })
  const zones = ['a', 'b', 'c'].map(name => node({ name, labels: { zone: name } }))
  assert.equal(findNode(factsOf(preferring), zones, 0, seededRng(1)).node?.name, 'b')
})

test('findNode() spreads equal pods evenly over equal nodes', () => {
  const nodes = Array.from({ length: 10 }, (_, i) => node({ name: `n${i}` }))
  const rng = seededRng(3)
  let start = 0
  for (let i = 0; i < 100; i++) {
    const facts = factsOf(pod({ cpu: '100m', memory: '100Mi' }))
    const place = findNode(facts, nodes, start, rng)
    start = place.nextStart
    place.node!.addPod(facts)
  }
  for (const { podCount } of nodes) assert.equal(podCount, 10)
})

test('findNode() never overcommits, and places as long as there is room', () => {
  const sizes = fc.array(fc.integer({ min: 100, max: 3000 }), { maxLength: 40 })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 5 }), (cpus, count) => {
      const nodes = Array.from({ length: count }, (_, i) => node({ name: `n${i}` }))
      for (const cpu of cpus) {
        const facts = factsOf(pod({ cpu: `${cpu}m` }))
        const place = findNode(facts, nodes, 0, seededRng(cpu))
        const fits = nodes.some(state => state.requested('cpu') + cpu <= 4000)
        assert.equal(place.node !== undefined, fits)
        place.node?.addPod(facts)
      }
      for (const state of nodes) assert.ok(state.requested('cpu') <= 4000)
    }),
    { numRuns: 50 },
  )
})

test('NodeState gives back all that it counted', () => {
  const state = node()
  const facts = factsOf(pod({ cpu: '1', memory: '1Gi', hostPort: 80 }))
  state.addPod(facts)
  state.addPod(facts)
  assert.equal(state.requested('cpu'), 1000)
  state.removePod(facts.uid)
  state.removePod(facts.uid)
  assert.equal(state.requested('cpu'), 0)
  assert.deepEqual(state.scored, { cpu: 0, memory: 0 })
  assert.equal(state.holdsAnyPort(facts.hostPorts), false)
})

test('enoughNodes() asks all of a small cluster and a share of a large one', () => {
  assert.deepEqual([10, 100, 1000, 5000, 15000].map(enoughNodes), [10, 100, 420, 500, 750])
})

test('describeRefusals() counts reasons as upstream words them', () => {
  const refusals = [
    { reasons: ['Insufficient cpu', 'Insufficient memory'], unresolvable: false },
    { reasons: ['Insufficient cpu'], unresolvable: false },
    { reasons: ['node(s) were unschedulable'], unresolvable: true },
  ]
  assert.equal(
    describeRefusals(3, refusals),
    '0/3 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable, 2 Insufficient cpu.',
  )
  assert.equal(describeRefusals(0, []), 'no nodes available to schedule pods')
})

test('findPreemption() evicts the least, on the node where it costs least', () => {
  const low = (cpu: string, priority: number): Pod => pod({ cpu, priority })
  const nodes = [
    node({ name: 'dear', pods: [low('4', 50)] }),
    node({ name: 'cheap', pods: [low('2', 1), low('1', 2), low('1', 3)] }),
    node({ name: 'above', pods: [low('4', 2000)] }),
  ]
  const wanted = factsOf(pod({ cpu: '2', priority: 1000 }))
  const preemption = findPreemption(wanted, findNode(wanted, nodes, 0, seededRng(1)).refusals)
  assert.equal(preemption?.node.name, 'cheap')
  assert.deepEqual(
    preemption?.victims.map(victim => victim.priority),
    [1],
  )
})

test('findPreemption() leaves pods alone where policy or priority forbid it', () => {
  const nodes = [node({ pods: [pod({ cpu: '4', priority: 5 })] })]
  for (const spec of [{ priority: 5 }, { priority: 1000, preemptionPolicy: 'Never' }]) {
    const wanted = factsOf(pod({ cpu: '2', ...spec }))
    assert.equal(findPreemption(wanted, findNode(wanted, nodes, 0, seededRng(1)).refusals), undefined)
  }
})
