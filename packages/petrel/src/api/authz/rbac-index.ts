/**
 * Bindings by subject: which roles a user has, and each of its groups, in the cluster and in every namespace. Follows
 * changes one by one: a changed role costs nothing but a new list of rules, a changed binding as much as it has subjects.
 */
import type { ClusterRole, PolicyRule, RoleBinding, Subject } from '@petrel/machinery/api/rbac-v1'
import {
  clusterRoleBindings,
  clusterRoles,
  type KubeObject,
  type Resource,
  roleBindings,
  roles,
} from '@petrel/machinery/kinds'
import type { ObjectReader } from '../contract.ts'
import { serviceAccountUsername } from '../user-names.ts'

/** A role as bindings point to it: it may come later than they, change, and go. */
export interface RoleCell {
  /** Undefined while there is no such role. */
  rules: readonly PolicyRule[] | undefined
  /** Bindings that point here; without role and bindings the cell goes. */
  bindings: number
  /** What to say then. */
  readonly missing: string
}

/** One subject of one binding. */
export interface Grant {
  readonly role: RoleCell
  /** `ClusterRoleBinding "a" of ClusterRole "b" to User "c"`. */
  readonly source: string
}

/** The grants of one user or group; the key is the namespace, '' for the cluster. */
type Grants = Map<string, Set<Grant>>

interface Held {
  readonly owners: Map<string, Grants>
  readonly owner: string
  readonly namespace: string
  readonly grant: Grant
}

export class RbacIndex {
  readonly #cells = new Map<string, RoleCell>()
  readonly #users = new Map<string, Grants>()
  readonly #groups = new Map<string, Grants>()
  /** What each binding put into the maps, to take it out again. */
  readonly #bindings = new Map<string, { readonly role: string; readonly held: readonly Held[] }>()
  readonly #watches: { cancel(): void }[] = []

  constructor(reader: ObjectReader) {
    const setRole = (key: string, role: ClusterRole | undefined): void => this.#setRole(key, role)
    this.#follow(reader, clusterRoles, role => roleKey('ClusterRole', '', role.metadata?.name), setRole)
    this.#follow(reader, roles, role => roleKey('Role', role.metadata?.namespace, role.metadata?.name), setRole)
    const setBinding = (key: string, binding: RoleBinding | undefined): void => this.#setBinding(key, binding)
    this.#follow(reader, clusterRoleBindings, bindingKey, setBinding)
    this.#follow(reader, roleBindings, bindingKey, setBinding)
  }

  close(): void {
    for (const watch of this.#watches.splice(0)) watch.cancel()
  }

  /** Calls `visit` for every grant of the user in the cluster and in `namespace` until it returns false. */
  visit(username: string, groups: readonly string[], namespace: string, visit: (grant: Grant) => boolean): void {
    if (!visitGrants(this.#users.get(username), namespace, visit)) return
    for (const group of groups) if (!visitGrants(this.#groups.get(group), namespace, visit)) return
  }

  #follow<T extends KubeObject>(
    reader: ObjectReader,
    resource: Resource<T>,
    keyOf: (object: T) => string,
    set: (key: string, object: T | undefined) => void,
  ): void {
    // The reader hands out objects of the resource that was asked for.
    const watch = reader.onChange(resource, (current, previous) => {
      const object = (current ?? previous) as T | undefined
      if (object) set(keyOf(object), current as T | undefined)
    })
    this.#watches.push(watch)
    for (const object of reader.list(resource, '')) set(keyOf(object), object)
  }

  #cell(key: string): RoleCell {
    let cell = this.#cells.get(key)
    if (!cell) {
      const [kind = '', , ...name] = key.split('/')
      const missing = `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name.join('/'))} not found`
      cell = { rules: undefined, bindings: 0, missing }
      this.#cells.set(key, cell)
    }
    return cell
  }

  #setRole(key: string, role: ClusterRole | undefined): void {
    const cell = this.#cell(key)
    cell.rules = role && (role.rules ?? [])
    if (!role && cell.bindings === 0) this.#cells.delete(key)
  }

  #removeBinding(key: string): void {
    const binding = this.#bindings.get(key)
    if (!binding) return
    this.#bindings.delete(key)
    for (const held of binding.held) removeGrant(held)
    const cell = this.#cell(binding.role)
    cell.bindings--
    if (!cell.rules && cell.bindings === 0) this.#cells.delete(binding.role)
  }

  #setBinding(key: string, binding: RoleBinding | undefined): void {
    this.#removeBinding(key)
    if (!binding) return
    const { roleRef, metadata } = binding
    const namespace = metadata?.namespace ?? ''
    const ownKey = roleKey(roleRef.kind, roleRef.kind === 'Role' ? namespace : '', roleRef.name)
    const role = this.#cell(ownKey)
    role.bindings++
    const bindingWords =
      namespace === ''
        ? `ClusterRoleBinding ${JSON.stringify(metadata?.name)}`
        : `RoleBinding ${JSON.stringify(`${metadata?.name}/${namespace}`)}`
    const held: Held[] = []
    for (const subject of binding.subjects ?? []) {
      const owner = this.#ownerOf(subject, namespace)
      if (!owner) continue
      const source = `${bindingWords} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${describeSubject(subject, namespace)}`
      held.push(addGrant({ ...owner, namespace, grant: { role, source } }))
    }
    this.#bindings.set(key, { role: ownKey, held })
  }

  /** A service account without a namespace is one of the binding's own. */
  #ownerOf(subject: Subject, namespace: string): { owners: Map<string, Grants>; owner: string } | undefined {
    if (subject.kind === 'User') return { owners: this.#users, owner: subject.name }
    if (subject.kind === 'Group') return { owners: this.#groups, owner: subject.name }
    const home = subject.namespace || namespace
    if (subject.kind !== 'ServiceAccount' || home === '') return undefined
    return { owners: this.#users, owner: serviceAccountUsername(home, subject.name) }
  }
}

function roleKey(kind: string, namespace: string | undefined, name: string | undefined): string {
  return `${kind}/${namespace ?? ''}/${name ?? ''}`
}

function bindingKey(binding: KubeObject): string {
  return `${binding.metadata?.namespace ?? ''}/${binding.metadata?.name ?? ''}`
}

function visitGrants(grants: Grants | undefined, namespace: string, visit: (grant: Grant) => boolean): boolean {
  if (!grants) return true
  for (const grant of grants.get('') ?? []) if (!visit(grant)) return false
  if (namespace !== '') for (const grant of grants.get(namespace) ?? []) if (!visit(grant)) return false
  return true
}

function addGrant(held: Held): Held {
  let grants = held.owners.get(held.owner)
  if (!grants) {
    grants = new Map()
    held.owners.set(held.owner, grants)
  }
  let inNamespace = grants.get(held.namespace)
  if (!inNamespace) {
    inNamespace = new Set()
    grants.set(held.namespace, inNamespace)
  }
  inNamespace.add(held.grant)
  return held
}

function removeGrant({ owners, owner, namespace, grant }: Held): void {
  const grants = owners.get(owner)
  const inNamespace = grants?.get(namespace)
  inNamespace?.delete(grant)
  if (inNamespace?.size === 0) grants?.delete(namespace)
  if (grants?.size === 0) owners.delete(owner)
}

function describeSubject(subject: Subject, namespace: string): string {
  if (subject.kind !== 'ServiceAccount') return `${subject.kind} ${JSON.stringify(subject.name)}`
  return `ServiceAccount ${JSON.stringify(`${subject.name}/${subject.namespace || namespace}`)}`
}
