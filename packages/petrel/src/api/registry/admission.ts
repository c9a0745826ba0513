/** Runs the admission plugins of one write: all mutating sides in order, later all validating ones. */
import type { KubeObject } from '@petrel/machinery/kinds'
import type { AdmissionRequest, Operation } from '../contract.ts'
import type { ApiRequest } from '../request.ts'
import type { ServedKind } from './kind-table.ts'
import type { Registry } from './registry.ts'

export interface AdmissionFacts {
  readonly operation: Operation
  readonly served: ServedKind
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
  readonly dryRun: boolean
}

export function admissionRequest(request: ApiRequest, facts: AdmissionFacts): AdmissionRequest {
  const { served, ...rest } = facts
  return { ...rest, kind: served.kind, user: request.user, warn: message => request.warn(message) }
}

/** The mutating sides. Resolves at once, without a turn, while no plugin needs one. */
export async function mutate(registry: Registry, admission: AdmissionRequest): Promise<void> {
  for (const plugin of registry.admission) {
    const pending = plugin.admit?.(admission)
    if (pending) await pending
  }
}

/** The validating sides. */
export async function validate(registry: Registry, admission: AdmissionRequest): Promise<void> {
  for (const plugin of registry.admission) {
    const pending = plugin.validate?.(admission)
    if (pending) await pending
  }
}
