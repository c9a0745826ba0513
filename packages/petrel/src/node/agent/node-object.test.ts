import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '@petrel/machinery/api/core-v1'
import { differs, type NodeDescription, newNode, nodeStatus, withOwnLabels } from './node-object.ts'

const description: NodeDescription = {
  name: 'n1',
  labels: { zone: 'a' },
  taints: [{ key: 'k', effect: 'NoSchedule' }],
  addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
  capacity: { cpu: '4' },
  podCIDR: '10.1.0.0/24',
  port: 10250,
  version: 'v1.36.0',
  runtimeVersion: 'process://1',
  system: {
    machineID: 'm',
    systemUUID: 's',
    bootID: 'b',
    kernelVersion: '6',
    osImage: 'os',
    operatingSystem: 'linux',
    architecture: 'amd64',
  },
}
const now = Date.UTC(2026, 0, 1, 12)
const healthy = { problem: undefined, images: [] }

test('newNode() is what the node says of itself', () => {
  const node = newNode(description, healthy, now)
  assert.deepEqual(node.spec, {
    podCIDR: '10.1.0.0/24',
    podCIDRs: ['10.1.0.0/24'],
    taints: [{ key: 'k', effect: 'NoSchedule' }],
  })
  assert.equal(node.metadata?.labels?.['kubernetes.io/arch'], 'amd64')
  assert.equal(node.status?.daemonEndpoints?.kubeletEndpoint?.Port, 10250)
  assert.deepEqual(
    node.status?.conditions?.map(({ type, status }) => `${type} ${status}`),
    ['MemoryPressure False', 'DiskPressure False', 'PIDPressure False', 'Ready True'],
  )
})

test('nodeStatus() keeps the times of conditions that stay, and the conditions of others', () => {
  const old = newNode(description, healthy, now - 60_000)
  const foreign = { type: 'NetworkUnavailable', status: 'False' }
  const before: Node = { ...old, status: { ...old.status, conditions: [...(old.status?.conditions ?? []), foreign] } }
  const { conditions = [] } = nodeStatus(description, { ...healthy, problem: 'no runtime' }, before, now)
  const of = (type: string) => conditions.find(one => one.type === type)
  assert.equal(of('DiskPressure')?.lastTransitionTime, '2026-01-01T11:59:00Z')
  assert.equal(of('DiskPressure')?.lastHeartbeatTime, '2026-01-01T12:00:00Z')
  assert.deepEqual(
    [of('Ready')?.status, of('Ready')?.reason, of('Ready')?.message, of('Ready')?.lastTransitionTime],
    ['False', 'KubeletNotReady', 'no runtime', '2026-01-01T12:00:00Z'],
  )
  assert.deepEqual(of('NetworkUnavailable'), foreign)
})

test('nodeStatus() tells of the fifty largest images', () => {
  const images = Array.from({ length: 60 }, (_, i) => ({ names: [`i${i}`], sizeBytes: i }))
  const status = nodeStatus(description, { ...healthy, images }, undefined, now)
  assert.equal(status.images?.length, 50)
  assert.deepEqual(status.images?.[0], { names: ['i59'], sizeBytes: 59 })
})

test('differs() looks past heartbeats and the order of keys', () => {
  const one = nodeStatus(description, healthy, undefined, now)
  const two = nodeStatus(description, healthy, { status: one }, now + 1000)
  assert.equal(differs(one, two), false)
  assert.equal(differs(one, Object.fromEntries(Object.entries(two).reverse())), false)
  assert.equal(differs(one, nodeStatus(description, { ...healthy, problem: 'x' }, { status: one }, now)), true)
})

test('withOwnLabels() mends the node’s own labels and leaves the others', () => {
  const node = { metadata: { labels: { 'kubernetes.io/os': 'wrong', mine: 'x' } } }
  const { labels } = withOwnLabels(node, description).metadata ?? {}
  assert.deepEqual([labels?.['kubernetes.io/os'], labels?.['mine'], labels?.['zone']], ['linux', 'x', undefined])
})
