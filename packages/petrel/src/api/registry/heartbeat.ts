/**
 * Writes that say no more than "still here": a lease renewed by its holder, a node whose conditions only got a new
 * heartbeat time. They need not be durable one by one, which saves an idle node its flash. Everything else must be.
 */
import type { Node } from '@petrel/machinery/api/core-v1'
import type { KubeObject, Resource } from '@petrel/machinery/kinds'
import { sameValue } from '@petrel/machinery/names'

export function isHeartbeat({ group, plural }: Resource, object: KubeObject, old: KubeObject): boolean {
  if (group === 'coordination.k8s.io' && plural === 'leases') return holder(object) === holder(old)
  if (group === '' && plural === 'nodes') return sameValue(withoutTimes(object), withoutTimes(old))
  return false
}

function holder(lease: KubeObject): string | undefined {
  return (lease as { spec?: { holderIdentity?: string } }).spec?.holderIdentity
}

function withoutTimes(object: KubeObject): unknown {
  const { status, spec, metadata } = object as Node
  const conditions = status?.conditions?.map(({ lastHeartbeatTime: _, ...condition }) => condition)
  return { spec, labels: metadata?.labels, annotations: metadata?.annotations, status: { ...status, conditions } }
}
