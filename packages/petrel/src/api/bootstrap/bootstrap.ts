/**
 * Brings a store up to what every cluster has. On a second start it only compares, in memory. Order matters: objects in
 * namespaces come after the namespaces; within a step everything is written at once, so that one commit can take it.
 */
import type { Namespace } from '@petrel/machinery/api/core-v1'
import {
  clusterRoleBindings,
  clusterRoles,
  type KubeObject,
  namespaces,
  priorityClasses,
  type Resource,
  roleBindings,
  roles,
} from '@petrel/machinery/kinds'
import { StatusError } from '@petrel/machinery/status'
import { bootstrapPolicy } from './bootstrap-policy.ts'
import { systemPriorityClasses } from './priority-classes.ts'
import { reconcileBinding, reconcileRole } from './reconcile-policy.ts'

export interface BootstrapStore {
  /** From memory; undefined when there is none. The object is frozen. */
  get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): T | undefined
  create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<unknown>
  /** `object` carries the resourceVersion of the one that was read. */
  update<T extends KubeObject>(resource: Resource<T>, object: T): Promise<unknown>
}

export interface BootstrapResult {
  readonly created: number
  readonly updated: number
}

/** pkg/controlplane/controller/systemnamespaces */
const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'default']

export async function bootstrap(store: BootstrapStore): Promise<BootstrapResult> {
  const count = { created: 0, updated: 0 }
  const policy = bootstrapPolicy()
  const keep = <T extends KubeObject>(): T | undefined => undefined
  await reconcile(store, count, namespaces, systemNamespaces.map(namespace), keep)
  await Promise.all([
    reconcile(store, count, clusterRoles, policy.clusterRoles, reconcileRole),
    reconcile(store, count, clusterRoleBindings, policy.clusterRoleBindings, reconcileBinding),
    reconcile(store, count, roles, policy.roles, reconcileRole),
    reconcile(store, count, roleBindings, policy.roleBindings, reconcileBinding),
    reconcile(store, count, priorityClasses, systemPriorityClasses(), keep),
  ])
  return count
}

async function reconcile<T extends KubeObject>(
  store: BootstrapStore,
  count: { created: number; updated: number },
  resource: Resource<T>,
  expected: readonly T[],
  change: (existing: T, expected: T) => T | undefined,
): Promise<void> {
  const writes: Promise<void>[] = []
  for (const object of expected) {
    const existing = store.get(resource, object.metadata?.namespace ?? '', object.metadata?.name ?? '')
    if (!existing) {
      writes.push(unlessOvertaken('AlreadyExists', store.create(resource, object), () => count.created++))
      continue
    }
    const changed = change(existing, object)
    if (changed) writes.push(unlessOvertaken('Conflict', store.update(resource, changed), () => count.updated++))
  }
  await Promise.all(writes)
}

/** Another server that starts at the same time writes the same; then its write stands. */
async function unlessOvertaken(reason: string, write: Promise<unknown>, done: () => void): Promise<void> {
  try {
    await write
    done()
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== reason) throw error
  }
}

function namespace(name: string): Namespace {
  return { kind: 'Namespace', apiVersion: 'v1', metadata: { name } }
}
