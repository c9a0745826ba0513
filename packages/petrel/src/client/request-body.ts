/** Bodies of writes as the API expects them, the same over HTTP and in-process. */
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import type { DeleteOptions, PatchType } from './contract.ts'
import { apiVersionOf } from './object-key.ts'

export const patchMediaTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

/** The object with the kind that the resource implies, as the server demands it. */
export function typed<T extends KubeObject>(resource: Resource<T>, object: T): T {
  if (object.kind !== undefined && object.apiVersion !== undefined) return object
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }
}

/** metav1.DeleteOptions. */
export function deleteBody(options: DeleteOptions): Readonly<Record<string, unknown>> {
  const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = options
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(preconditions && { preconditions }),
    ...(propagationPolicy && { propagationPolicy }),
    ...(dryRun && { dryRun: ['All'] }),
  }
}
