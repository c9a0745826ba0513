/** Running one plugin on one made-up request, for the tests beside it. */
import assert from 'node:assert/strict'
import type { Pod } from '@petrel/machinery/api/core-v1'
import type { Kind, Resource } from '@petrel/machinery/kinds'
import type { StatusError } from '@petrel/machinery/status'
import type { AdmissionPlugin, AdmissionRequest } from '../contract.ts'

export function request(of: Resource, change: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    operation: 'CREATE',
    // Plugins read nothing of a kind but its names.
    kind: of as Kind,
    subresource: '',
    namespace: of.namespaced ? 'shop' : '',
    name: change.object?.metadata?.name ?? '',
    object: undefined,
    oldObject: undefined,
    user: { username: 'al', groups: [] },
    dryRun: false,
    warn: assert.fail,
    ...change,
  }
}

export async function run(plugin: AdmissionPlugin, asked: AdmissionRequest): Promise<void> {
  await plugin.admit?.(asked)
  await plugin.validate?.(asked)
}

export async function refused(
  plugin: AdmissionPlugin,
  asked: AdmissionRequest,
  message: string,
  code = 403,
): Promise<void> {
  await assert.rejects(run(plugin, asked), (error: StatusError) => {
    assert.deepEqual([error.code, error.message], [code, message])
    return true
  })
}

export const pod = (spec: Partial<NonNullable<Pod['spec']>> = {}, metadata: Pod['metadata'] = { name: 'p' }): Pod => ({
  metadata,
  spec: { containers: [{ name: 'c' }], ...spec },
})
