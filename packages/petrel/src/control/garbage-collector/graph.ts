/**
 * Who owns whom, as far as the watches have told (graph_builder.go). A node stands for an object, or for an owner that
 * somebody names and nobody has seen: then it is virtual, and whether it exists has to be asked. The graph tells its
 * listener which nodes need a decision; it decides nothing.
 */
import type { OwnerReference } from '@petrel/machinery/api/meta-v1'
import type { KubeObject, Resource } from '@petrel/machinery/kinds'

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'

/** What is needed to find the object again. */
export interface Identity {
  readonly apiVersion: string
  readonly kind: string
  /** Empty for cluster-scoped objects; for virtual nodes the namespace of who named it. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

export interface GraphNode {
  identity: Identity
  /** Undefined while virtual: the kind has to be looked up. */
  resource: Resource | undefined
  owners: readonly OwnerReference[]
  readonly dependents: Set<GraphNode>
  /** Named as an owner and never seen. */
  virtual: boolean
  beingDeleted: boolean
  /** Waits for its dependents: deletionTimestamp and the foreground finalizer are set. */
  deletingDependents: boolean
  orphaning: boolean
}

export interface GraphListener {
  /** Decide whether this node is garbage. */
  examine(node: GraphNode): void
  /** Make its dependents orphans. */
  orphan(node: GraphNode): void
  /** An owner reference names a namespaced owner of another namespace, or something that is not what it says. */
  mismatch(dependent: GraphNode, reference: OwnerReference): void
}

export class Graph {
  readonly #nodes = new Map<string, GraphNode>()
  readonly #listener: GraphListener

  constructor(listener: GraphListener) {
    this.#listener = listener
  }

  get size(): number {
    return this.#nodes.size
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  /** An object was seen, new or changed. Without metadata.uid it is ignored. */
  put(resource: Resource, object: KubeObject): void {
    const metadata = object.metadata
    if (!metadata?.uid) return
    const identity = identityOf(resource, object)
    const owners = metadata.ownerReferences ?? []
    const known = this.#nodes.get(metadata.uid)
    if (!known) {
      const node = newNode(identity, resource, owners)
      this.#nodes.set(identity.uid, node)
      for (const owner of owners) this.#link(node, owner)
      this.#transition(node, object)
      return
    }
    if (known.virtual) this.#materialize(known, identity, resource)
    this.#changeOwners(known, owners)
    this.#transition(known, object)
  }

  /** An object is gone, or a virtual node turned out not to exist. */
  remove(uid: string): GraphNode | undefined {
    const node = this.#nodes.get(uid)
    if (!node) return undefined
    this.#nodes.delete(uid)
    for (const owner of node.owners) {
      const ownerNode = this.#nodes.get(owner.uid)
      if (!ownerNode?.dependents.delete(node)) continue
      if (ownerNode.deletingDependents) this.#listener.examine(ownerNode)
      this.#dropIdleVirtual(ownerNode)
    }
    for (const dependent of node.dependents) this.#listener.examine(dependent)
    // Dependents still name it; should it not have been the end of it, their own events link them again.
    return node
  }

  #link(node: GraphNode, reference: OwnerReference): void {
    let owner = this.#nodes.get(reference.uid)
    if (!owner) {
      owner = newNode({ ...pick(reference), namespace: node.identity.namespace }, undefined, [])
      owner.virtual = true
      this.#nodes.set(reference.uid, owner)
      owner.dependents.add(node)
      // Nobody may ever tell us about it: ask.
      this.#listener.examine(owner)
      return
    }
    owner.dependents.add(node)
    if (!owner.virtual && !matches(owner, node, reference)) {
      this.#listener.mismatch(node, reference)
      this.#listener.examine(node)
    } else if (owner.virtual && owner.identity.namespace !== node.identity.namespace) {
      // Another namespace names the same uid: one of them is wrong, and only a look at each can tell.
      this.#listener.examine(node)
    }
  }

  #materialize(node: GraphNode, identity: Identity, resource: Resource): void {
    node.virtual = false
    node.identity = identity
    node.resource = resource
    for (const dependent of node.dependents) {
      const reference = dependent.owners.find(({ uid }) => uid === identity.uid)
      if (!reference || matches(node, dependent, reference)) continue
      this.#listener.mismatch(dependent, reference)
      this.#listener.examine(dependent)
    }
  }

  #changeOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    const before = node.owners
    if (before === owners) return
    node.owners = owners
    for (const old of before) {
      const now = owners.find(({ uid }) => uid === old.uid)
      const owner = this.#nodes.get(old.uid)
      if (!owner) continue
      // Nothing holds the owner's foreground deletion any more: see whether it can end.
      if (old.blockOwnerDeletion && !now?.blockOwnerDeletion && owner.deletingDependents) this.#listener.examine(owner)
      if (!now) {
        owner.dependents.delete(node)
        if (owner.deletingDependents) this.#listener.examine(owner)
        this.#dropIdleVirtual(owner)
      }
    }
    const added = owners.filter(({ uid }) => !before.some(old => old.uid === uid))
    for (const reference of added) this.#link(node, reference)
  }

  #transition(node: GraphNode, object: KubeObject): void {
    const { deletionTimestamp, finalizers = [] } = object.metadata ?? {}
    node.beingDeleted = deletionTimestamp !== undefined
    const orphaning = node.beingDeleted && finalizers.includes(orphanFinalizer)
    if (orphaning && !node.orphaning) this.#listener.orphan(node)
    node.orphaning = orphaning
    const deletingDependents = node.beingDeleted && finalizers.includes(foregroundFinalizer)
    if (deletingDependents && !node.deletingDependents) {
      node.deletingDependents = true
      for (const dependent of node.dependents) this.#listener.examine(dependent)
      this.#listener.examine(node)
    }
    node.deletingDependents = deletingDependents
  }

  #dropIdleVirtual(node: GraphNode): void {
    if (node.virtual && node.dependents.size === 0) this.#nodes.delete(node.identity.uid)
  }
}

function newNode(identity: Identity, resource: Resource | undefined, owners: readonly OwnerReference[]): GraphNode {
  return {
    identity,
    resource,
    owners,
    dependents: new Set(),
    virtual: false,
    beingDeleted: false,
    deletingDependents: false,
    orphaning: false,
  }
}

function identityOf(resource: Resource, { metadata }: KubeObject): Identity {
  return {
    apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
    kind: resource.kind,
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
  }
}

function pick({ apiVersion, kind, name, uid }: OwnerReference): Omit<Identity, 'namespace'> {
  return { apiVersion, kind, name, uid }
}

/** The reference says what the owner is; versions of one group are the same thing. */
function matches(owner: GraphNode, dependent: GraphNode, reference: OwnerReference): boolean {
  const { identity } = owner
  return (
    identity.kind === reference.kind &&
    identity.name === reference.name &&
    groupOf(identity.apiVersion) === groupOf(reference.apiVersion) &&
    (identity.namespace === '' || identity.namespace === dependent.identity.namespace)
  )
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}
