import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '@petrel/machinery/api/batch-v1'
import { jobs } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { toTime } from '../../base/index.ts'
import { startTestCluster, type TestCluster } from '../testing/index.ts'
import { ttlAfterFinishedController } from './index.ts'

const key = { namespace: 'default', name: 'job' }

async function finished({ client, clock }: TestCluster, ttlSecondsAfterFinished?: number): Promise<Job> {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'image' }] } }
  const spec = { template, ...(ttlSecondsAfterFinished !== undefined && { ttlSecondsAfterFinished }) }
  const job = await client.create(jobs, { metadata: key, spec })
  const now = toTime(clock.now())
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: now })
  const status = {
    startTime: now,
    completionTime: now,
    succeeded: 1,
    conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
  }
  return client.update(jobs, { ...job, status }, { subresource: 'status' })
}

async function exists({ client }: TestCluster): Promise<boolean> {
  try {
    await client.get(jobs, key)
    return true
  } catch (error) {
    if (isStatus(error, 'NotFound')) return false
    throw error
  }
}

test('a finished Job goes when its time is over, in the foreground', async () => {
  const cluster = await startTestCluster([ttlAfterFinishedController()])
  await finished(cluster, 60)
  await cluster.pass(59_000)
  assert.equal((await cluster.client.get(jobs, key)).metadata?.deletionTimestamp, undefined)
  await cluster.pass(1_000)
  const { deletionTimestamp, finalizers } = (await cluster.client.get(jobs, key)).metadata ?? {}
  assert.ok(deletionTimestamp)
  assert.deepEqual(finalizers, ['foregroundDeletion'])
  await cluster.close()
})

test('a Job without a time to live stays, and so does one whose time was made longer meanwhile', async () => {
  const cluster = await startTestCluster([ttlAfterFinishedController()])
  await finished(cluster)
  await cluster.pass(3_600_000)
  assert.equal(await exists(cluster), true)
  await cluster.client.patch(jobs, key, 'merge', { spec: { ttlSecondsAfterFinished: 7200 } })
  await cluster.pass(3_599_000)
  assert.equal((await cluster.client.get(jobs, key)).metadata?.deletionTimestamp, undefined)
  await cluster.close()
})
