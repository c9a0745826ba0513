/**
 * What a node may do (plugin/pkg/auth/authorizer/node): read what the pods bound to it refer to, keep its own lease and
 * Node, ask for tokens of its pods' service accounts; for the rest, the rules of the cluster role system:node.
 */
import type { PolicyRule } from '@petrel/machinery/api/rbac-v1'
import { persistentVolumeClaims } from '@petrel/machinery/kinds'
import type { Attributes, Decision, ObjectReader } from '../contract.ts'
import { nodeNameOf } from '../user-names.ts'
import { podReferences, type ReferencedResource } from './pod-references.ts'
import { PodsByNode } from './pods-by-node.ts'
import { ruleAllows } from './rule-match.ts'

const allowed: Decision = Object.freeze({ allowed: true, reason: '' })
const nodeLeaseNamespace = 'kube-node-lease'

function denied(reason = ''): Decision {
  return { allowed: false, reason }
}

export class NodeAuthorizer {
  readonly #reader: ObjectReader
  readonly #rules: readonly PolicyRule[]
  readonly #pods: PodsByNode

  /** `rules` are those of the cluster role system:node. */
  constructor(reader: ObjectReader, rules: readonly PolicyRule[]) {
    this.#reader = reader
    this.#rules = rules
    this.#pods = new PodsByNode(reader)
  }

  close(): void {
    this.#pods.close()
  }

  /** A denial is no last word: other authorizers are asked after it. */
  authorize(request: Attributes): Decision {
    const node = nodeNameOf(request.user)
    if (node === undefined) return denied()
    if (node === '') return denied(`unknown node for user ${JSON.stringify(request.user.username)}`)
    if (request.resourceRequest) {
      const decision = this.#subdivided(node, request)
      if (decision) return decision
    }
    return this.#rules.some(rule => ruleAllows(rule, request)) ? allowed : denied()
  }

  /** Resources of which a node may have a part; undefined for the others. */
  #subdivided(node: string, request: Attributes): Decision | undefined {
    switch (request.group === '' ? request.resource : `${request.resource}.${request.group}`) {
      case 'secrets':
      case 'configmaps':
        return this.#readNamespaced(node, request, request.resource as ReferencedResource)
      case 'persistentvolumeclaims':
        return request.subresource === 'status'
          ? this.#updateClaimStatus(node, request)
          : this.#getRelated(node, request)
      case 'persistentvolumes':
      case 'resourceclaims.resource.k8s.io':
      case 'volumeattachments.storage.k8s.io':
        return this.#getRelated(node, request)
      case 'serviceaccounts':
        return this.#createToken(node, request)
      case 'leases.coordination.k8s.io':
        return ownLease(node, request)
      case 'csinodes.storage.k8s.io':
        return ownCsiNode(node, request)
      case 'nodes':
        return ownNode(node, request)
      case 'pods':
        return this.#pod(node, request)
      default:
        return undefined
    }
  }

  #readNamespaced(node: string, request: Attributes, resource: ReferencedResource): Decision {
    if (!['get', 'list', 'watch'].includes(request.verb)) return denied('can only read resources of this type')
    if (request.subresource !== '') return denied('cannot read subresource')
    if (request.namespace === '') return denied('can only read namespaced object of this type')
    return this.#related(node, request, this.#refersTo(node, request, resource))
  }

  #getRelated(node: string, request: Attributes): Decision {
    if (request.verb !== 'get') return denied('can only get individual resources of this type')
    if (request.subresource !== '') return denied('cannot get subresource')
    switch (request.resource) {
      case 'persistentvolumeclaims':
      case 'resourceclaims':
        return this.#related(node, request, this.#refersTo(node, request, request.resource))
      case 'persistentvolumes':
        return this.#related(node, request, this.#mounts(node, request.name))
      case 'pods':
        return this.#related(node, request, this.#runs(node, request))
      default:
        return this.#related(node, request, false)
    }
  }

  #updateClaimStatus(node: string, request: Attributes): Decision {
    if (request.verb !== 'update' && request.verb !== 'patch') return denied('can only get/update/patch this type')
    return this.#related(node, request, this.#refersTo(node, request, 'persistentvolumeclaims'))
  }

  #createToken(node: string, request: Attributes): Decision {
    // The cluster role lets nodes get service accounts for the credential providers of images (KEP-4412).
    if (request.verb === 'get' && request.subresource === '') {
      return this.#related(node, request, this.#refersTo(node, request, 'serviceaccounts'))
    }
    if (request.verb !== 'create' || request.name === '')
      return denied('can only create tokens for individual service accounts')
    if (request.subresource !== 'token') return denied('can only create token subresource of serviceaccount')
    return this.#related(node, request, this.#refersTo(node, request, 'serviceaccounts'))
  }

  #pod(node: string, request: Attributes): Decision {
    const { verb, subresource } = request
    if (subresource === 'status' && (verb === 'update' || verb === 'patch')) return allowed
    if (subresource === 'eviction' && verb === 'create') return allowed
    if (subresource !== '') return denied()
    if (verb === 'create' || verb === 'delete') return allowed
    if (verb === 'get') return this.#getRelated(node, request)
    if (verb !== 'list' && verb !== 'watch') return denied()
    // Who builds requests without selectors cannot be held to one.
    if (request.fieldSelector === undefined || selectsNode(request.fieldSelector, node)) return allowed
    if (request.name !== '') return this.#related(node, request, this.#runs(node, request))
    return denied('can only list/watch pods with spec.nodeName field selector')
  }

  #related(node: string, request: Attributes, isRelated: boolean): Decision {
    if (request.name === '') return denied('No Object name found')
    return isRelated ? allowed : denied(`no relationship found between node '${node}' and this object`)
  }

  #refersTo(node: string, request: Attributes, resource: ReferencedResource): boolean {
    for (const pod of this.#pods.get(node)) {
      if (pod.metadata?.namespace === request.namespace && podReferences(pod, resource).includes(request.name))
        return true
    }
    return false
  }

  #mounts(node: string, volumeName: string): boolean {
    for (const pod of this.#pods.get(node)) {
      const namespace = pod.metadata?.namespace ?? ''
      for (const name of podReferences(pod, 'persistentvolumeclaims')) {
        if (this.#reader.get(persistentVolumeClaims, namespace, name)?.spec?.volumeName === volumeName) return true
      }
    }
    return false
  }

  #runs(node: string, request: Attributes): boolean {
    for (const pod of this.#pods.get(node)) {
      if (pod.metadata?.name === request.name && pod.metadata.namespace === request.namespace) return true
    }
    return false
  }
}

function selectsNode(fieldSelector: string, node: string): boolean {
  return fieldSelector.split(',').some(term => term === `spec.nodeName=${node}` || term === `spec.nodeName==${node}`)
}

const objectVerbs = ['get', 'create', 'update', 'patch', 'delete']

function ownLease(node: string, request: Attributes): Decision {
  if (!objectVerbs.includes(request.verb)) return denied('can only get, create, update, patch, or delete a node lease')
  if (request.namespace !== nodeLeaseNamespace) {
    return denied(`can only access leases in the ${JSON.stringify(nodeLeaseNamespace)} system namespace`)
  }
  // The name of a new object is not known here; NodeRestriction looks at it.
  if (request.verb === 'create' || request.name === node) return allowed
  return denied('can only access node lease with the same name as the requesting node')
}

function ownCsiNode(node: string, request: Attributes): Decision {
  if (!objectVerbs.includes(request.verb)) return denied('can only get, create, update, patch, or delete a CSINode')
  if (request.subresource !== '') return denied('cannot authorize CSINode subresources')
  if (request.verb === 'create' || request.name === node) return allowed
  return denied('can only access CSINode with the same name as the requesting node')
}

function ownNode(node: string, request: Attributes): Decision {
  const { verb, subresource, name } = request
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : denied()
  if (subresource !== '') return denied()
  // NodeRestriction keeps these to the node's own object.
  if (verb === 'create' || verb === 'update' || verb === 'patch') return allowed
  if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return denied()
  if (name === node) return allowed
  return denied(
    name === ''
      ? `node '${node}' cannot read all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  )
}
