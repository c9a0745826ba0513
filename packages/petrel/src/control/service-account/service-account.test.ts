import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namespaces, serviceAccounts } from '@petrel/machinery/kinds'
import { startTestCluster } from '../testing/index.ts'
import { serviceAccountController } from './index.ts'

test('every namespace gets its default account, those that were there and those that come', async () => {
  const cluster = await startTestCluster([serviceAccountController()])
  await cluster.client.create(namespaces, { metadata: { name: 'shop' } })
  await cluster.settled()
  const accounts = (await cluster.client.list(serviceAccounts)).items
  assert.deepEqual(
    accounts.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`),
    ['default/default', 'kube-system/default', 'shop/default'],
  )
  await cluster.close()
})

test('a default account that was deleted comes back; other accounts are nobody’s business', async () => {
  const cluster = await startTestCluster([serviceAccountController()])
  const before = await cluster.client.get(serviceAccounts, { namespace: 'default', name: 'default' })
  await cluster.client.create(serviceAccounts, { metadata: { namespace: 'default', name: 'own' } })
  await cluster.client.delete(serviceAccounts, { namespace: 'default', name: 'default' })
  await cluster.client.delete(serviceAccounts, { namespace: 'default', name: 'own' })
  await cluster.settled()
  const accounts = (await cluster.client.list(serviceAccounts, { namespace: 'default' })).items
  assert.deepEqual(
    accounts.map(({ metadata }) => metadata?.name),
    ['default'],
  )
  assert.notEqual(accounts[0]?.metadata?.uid, before.metadata?.uid)
  await cluster.close()
})
