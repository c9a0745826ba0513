import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterRole } from '@petrel/machinery/api/rbac-v1'
import { clusterRoles } from '@petrel/machinery/kinds'
import { startTestCluster } from '../testing/index.ts'
import { clusterRoleAggregationController } from './index.ts'

function part(name: string, labels: Record<string, string>, resources: string[]): ClusterRole {
  return { metadata: { name, labels }, rules: [{ apiGroups: [''], resources, verbs: ['get'] }] }
}

function aggregate(name: string, label: string, labels: Record<string, string> = {}): ClusterRole {
  return {
    metadata: { name, labels },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
  }
}

const resourcesOf = (role: ClusterRole): string[] => role.rules?.flatMap(rule => rule.resources ?? []) ?? []

test('an aggregate holds the rules of its parts, in the order of their names, each once', async () => {
  const cluster = await startTestCluster([clusterRoleAggregationController()])
  const { client } = cluster
  await client.create(clusterRoles, aggregate('view', 'to-view'))
  await client.create(clusterRoles, part('b', { 'to-view': 'true' }, ['secrets']))
  await client.create(clusterRoles, part('a', { 'to-view': 'true' }, ['pods']))
  await client.create(clusterRoles, part('c', { 'to-view': 'true' }, ['pods']))
  await client.create(clusterRoles, part('d', { 'to-view': 'false' }, ['nodes']))
  await cluster.settled()
  assert.deepEqual(resourcesOf(await client.get(clusterRoles, { name: 'view' })), ['pods', 'secrets'])
  await client.delete(clusterRoles, { name: 'b' })
  await client.patch(clusterRoles, { name: 'd' }, 'merge', { metadata: { labels: { 'to-view': 'true' } } })
  await cluster.settled()
  assert.deepEqual(resourcesOf(await client.get(clusterRoles, { name: 'view' })), ['pods', 'nodes'])
  await cluster.close()
})

test('aggregates of aggregates come to rest with everything in them', async () => {
  const cluster = await startTestCluster([clusterRoleAggregationController()])
  const { client } = cluster
  await client.create(clusterRoles, aggregate('admin', 'to-admin'))
  await client.create(clusterRoles, aggregate('edit', 'to-edit', { 'to-admin': 'true' }))
  await client.create(clusterRoles, part('view-pods', { 'to-edit': 'true' }, ['pods']))
  await cluster.settled()
  assert.deepEqual(resourcesOf(await client.get(clusterRoles, { name: 'admin' })), ['pods'])
  await cluster.close()
})

test('a role without a rule for aggregation keeps its own rules', async () => {
  const cluster = await startTestCluster([clusterRoleAggregationController()])
  await cluster.client.create(clusterRoles, part('plain', {}, ['pods']))
  await cluster.settled()
  assert.deepEqual(resourcesOf(await cluster.client.get(clusterRoles, { name: 'plain' })), ['pods'])
  await cluster.close()
})
