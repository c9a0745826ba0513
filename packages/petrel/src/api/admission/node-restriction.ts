/**
 * NodeRestriction (plugin/pkg/admission/noderestriction): a node writes its own Node and lease, the status of the pods
 * bound to it, and mirror pods of itself, and gives itself no labels or taints that would draw others' pods.
 */
import { isDeepStrictEqual } from 'node:util'
import type { TokenRequest } from '@petrel/machinery/api/authentication-v1'
import type { Node, Pod } from '@petrel/machinery/api/core-v1'
import { nodes, pods } from '@petrel/machinery/kinds'
import { notFound } from '@petrel/machinery/status'
import { podReferences } from '../authz/index.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../contract.ts'
import { nodeNameOf } from '../user-names.ts'
import { isForbiddenNodeLabel } from './node-labels.ts'
import { refuse, resourceOf } from './refuse.ts'

const q = JSON.stringify

export function nodeRestriction(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    admit(request) {
      const node = nodeNameOf(request.user)
      if (node === undefined || request.operation === 'CONNECT') return
      if (node === '') throw refuse(request, `could not determine node from user ${q(request.user.username)}`)
      switch (resourceOf(request)) {
        case 'pods':
          return admitPod(reader, request, node)
        case 'nodes':
          return admitNode(request, node)
        case 'persistentvolumeclaims':
          if (request.subresource === 'status') return
          throw refuse(request, 'may only update PVC status')
        case 'serviceaccounts':
          return admitToken(reader, request, node)
        case 'leases.coordination.k8s.io':
          return admitLease(request, node)
        case 'csinodes.storage.k8s.io':
          if (nameOf(request) === node) return
          throw refuse(request, 'can only access CSINode with the same name as the requesting node')
      }
    },
  }
}

function admitPod(reader: ObjectReader, request: AdmissionRequest, node: string): void {
  const { operation, subresource } = request
  if (subresource === 'status') admitPodStatus(request, node)
  else if (subresource === 'eviction') admitEviction(reader, request, node)
  else if (subresource !== '') {
    throw refuse(request, `unexpected pod subresource ${q(subresource)}, only 'status' and 'eviction' are allowed`)
  } else if (operation === 'CREATE') admitMirrorPod(reader, request, node)
  else if (operation === 'DELETE') admitPodDelete(reader, request, node)
  else
    throw refuse(
      request,
      `unexpected operation ${q(operation)}, node ${q(node)} can only create and delete mirror pods`,
    )
}

function admitPodDelete(reader: ObjectReader, request: AdmissionRequest, node: string): void {
  // A deletion of a collection comes with each of its objects.
  const pod = (request.oldObject as Pod | undefined) ?? existingPod(reader, request, request.name)
  if (pod.spec?.nodeName === node) return
  throw refuse(request, `node ${q(node)} can only delete pods with spec.nodeName set to itself`)
}

function admitEviction(reader: ObjectReader, request: AdmissionRequest, node: string): void {
  if (request.operation !== 'CREATE') throw refuse(request, `unexpected operation ${request.operation}`)
  if (existingPod(reader, request, nameOf(request)).spec?.nodeName === node) return
  throw refuse(request, `node ${node} can only evict pods with spec.nodeName set to itself`)
}

function admitPodStatus(request: AdmissionRequest, node: string): void {
  if (request.operation !== 'UPDATE') throw refuse(request, `unexpected operation ${q(request.operation)}`)
  const old = request.oldObject as Pod
  const pod = request.object as Pod
  if (old.spec?.nodeName !== node) {
    throw refuse(request, `node ${q(node)} can only update pod status for pods with spec.nodeName set to itself`)
  }
  if (!isDeepStrictEqual(old.metadata?.labels ?? {}, pod.metadata?.labels ?? {})) {
    throw refuse(request, `node ${q(node)} cannot update labels through pod status`)
  }
  const claims = (of: Pod): unknown => of.status?.resourceClaimStatuses ?? []
  if (!isDeepStrictEqual(claims(old), claims(pod))) {
    throw refuse(request, `node ${q(node)} cannot update resource claim statues`)
  }
}

function admitMirrorPod(reader: ObjectReader, request: AdmissionRequest, node: string): void {
  const pod = request.object as Pod
  const mirror = 'kubernetes.io/config.mirror'
  const { [mirror]: marked, ...annotations } = pod.metadata?.annotations ?? {}
  if (marked === undefined) {
    throw refuse(request, `pod does not have ${q(mirror)} annotation, node ${q(node)} can only create mirror pods`)
  }
  if (pod.spec?.nodeName !== node) {
    throw refuse(request, `node ${q(node)} can only create pods with spec.nodeName set to itself`)
  }
  checkOwner(reader, request, node, pod)
  const plain = { ...pod, metadata: { ...pod.metadata, annotations } }
  const forbiddenReferences = [
    ['serviceaccounts', 'a service account'],
    ['secrets', 'secrets'],
    ['configmaps', 'configmaps'],
    ['persistentvolumeclaims', 'persistentvolumeclaims'],
  ] as const
  for (const [resource, words] of forbiddenReferences) {
    if (podReferences(plain, resource).length > 0) {
      throw refuse(request, `node ${q(node)} can not create pods that reference ${words}`)
    }
  }
}

function checkOwner(reader: ObjectReader, request: AdmissionRequest, node: string, pod: Pod): void {
  const owners = pod.metadata?.ownerReferences ?? []
  const [owner] = owners
  if (owners.length > 1)
    throw refuse(request, `node ${q(node)} can only create pods with a single owner reference set to itself`)
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    throw refuse(request, `node ${q(node)} can only create pods with an owner reference set to itself`)
  }
  if (owner.controller !== true) {
    throw refuse(request, `node ${q(node)} can only create pods with a controller owner reference set to itself`)
  }
  if (owner.blockOwnerDeletion === true) {
    throw refuse(request, `node ${q(node)} must not set blockOwnerDeletion on an owner reference`)
  }
  const existing = reader.get(nodes, '', node)
  if (!existing) throw notFound(nodes, node)
  if (owner.uid === existing.metadata?.uid) return
  throw refuse(request, `node ${node} UID mismatch: expected ${owner.uid} got ${existing.metadata?.uid}`)
}

function admitNode(request: AdmissionRequest, node: string): void {
  const name = nameOf(request)
  if (name !== node) throw refuse(request, `node ${q(node)} is not allowed to modify node ${q(name)}`)
  if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return
  const object = request.object as Node
  const old = request.oldObject as Node | undefined
  if (request.operation === 'UPDATE' && !isDeepStrictEqual(object.spec?.taints ?? [], old?.spec?.taints ?? [])) {
    throw refuse(request, `node ${q(node)} is not allowed to modify taints`)
  }
  const labels = object.metadata?.labels ?? {}
  const before = old?.metadata?.labels ?? {}
  const modified = Object.keys({ ...before, ...labels }).filter(key => labels[key] !== before[key])
  const refused = modified.filter(isForbiddenNodeLabel).sort()
  if (refused.length === 0) return
  const what = refused.join(', ')
  if (request.operation === 'CREATE')
    throw refuse(request, `node ${q(node)} is not allowed to set the following labels: ${what}`)
  throw refuse(request, `is not allowed to modify labels: ${what}`)
}

function admitToken(reader: ObjectReader, request: AdmissionRequest, node: string): void {
  if (request.operation !== 'CREATE' || request.subresource !== 'token') return
  const reference = (request.object as TokenRequest).spec?.boundObjectRef
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || (reference.name ?? '') === '') {
    throw refuse(request, 'node requested token not bound to a pod')
  }
  const uid = reference.uid ?? ''
  if (uid === '') throw refuse(request, 'node requested token with a pod binding without a uid')
  const pod = existingPod(reader, request, reference.name ?? '')
  if (uid !== pod.metadata?.uid) {
    throw refuse(
      request,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  }
  if (pod.spec?.nodeName !== node)
    throw refuse(request, 'node requested token bound to a pod scheduled on a different node')
}

function admitLease(request: AdmissionRequest, node: string): void {
  if (request.namespace !== 'kube-node-lease') {
    throw refuse(request, 'can only access leases in the "kube-node-lease" system namespace')
  }
  if (nameOf(request) === node) return
  throw refuse(request, 'can only access node lease with the same name as the requesting node')
}

function nameOf(request: AdmissionRequest): string {
  return request.name || (request.object?.metadata?.name ?? '')
}

function existingPod(reader: ObjectReader, request: AdmissionRequest, name: string): Pod {
  const pod = reader.get(pods, request.namespace, name)
  if (!pod) throw notFound(pods, name)
  return pod
}
