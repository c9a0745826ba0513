import { test } from 'node:test'
import type { Node, Pod } from '@petrel/machinery/api/core-v1'
import {
  csiNodes,
  type KubeObject,
  leases,
  nodes,
  persistentVolumeClaims,
  pods,
  type Resource,
  serviceAccounts,
} from '@petrel/machinery/kinds'
import type { AdmissionRequest } from '../contract.ts'
import { MemoryReader } from '../memory-reader.ts'
import { nodeRestriction } from './node-restriction.ts'
import { pod, refused, request, run } from './try-plugin.ts'

const n1 = { username: 'system:node:n1', groups: ['system:nodes'] }
const mirrorPod = (change: object = {}, spec: object = {}): Pod => ({
  metadata: {
    name: 'm',
    annotations: { 'kubernetes.io/config.mirror': 'x' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'node-1', controller: true }],
    ...change,
  },
  spec: { nodeName: 'n1', containers: [], ...spec },
})
const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'node-1', controller: true }
const labelled = (labels: Record<string, string>, taints: NonNullable<Node['spec']>['taints'] = []): Node => ({
  metadata: { name: 'n1', labels },
  spec: { taints: taints! },
})
const token = (reference?: object) => ({ metadata: { name: 'sa' }, spec: { boundObjectRef: reference } }) as KubeObject

const restrictions: { of: Resource; change: Partial<AdmissionRequest>; why?: string; name?: string }[] = [
  { of: pods, change: { object: mirrorPod() } },
  {
    of: pods,
    change: { object: mirrorPod({ annotations: {} }) },
    why: 'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  },
  {
    of: pods,
    change: { object: mirrorPod({}, { nodeName: 'n2' }) },
    why: 'node "n1" can only create pods with spec.nodeName set to itself',
  },
  {
    of: pods,
    change: { object: mirrorPod({ ownerReferences: [] }) },
    why: 'node "n1" can only create pods with an owner reference set to itself',
  },
  {
    of: pods,
    change: { object: mirrorPod({ ownerReferences: [owner, owner] }) },
    why: 'node "n1" can only create pods with a single owner reference set to itself',
  },
  {
    of: pods,
    change: { object: mirrorPod({ ownerReferences: [{ ...owner, controller: false }] }) },
    why: 'node "n1" can only create pods with a controller owner reference set to itself',
  },
  {
    of: pods,
    change: { object: mirrorPod({ ownerReferences: [{ ...owner, blockOwnerDeletion: true }] }) },
    why: 'node "n1" must not set blockOwnerDeletion on an owner reference',
  },
  {
    of: pods,
    change: { object: mirrorPod({ ownerReferences: [{ ...owner, uid: 'other' }] }) },
    why: 'node n1 UID mismatch: expected other got node-1',
  },
  {
    of: pods,
    change: { object: mirrorPod({}, { serviceAccountName: 'x' }) },
    why: 'node "n1" can not create pods that reference a service account',
  },
  {
    of: pods,
    change: { object: mirrorPod({}, { imagePullSecrets: [{ name: 's' }] }) },
    why: 'node "n1" can not create pods that reference secrets',
  },
  {
    of: pods,
    change: { object: mirrorPod({}, { volumes: [{ name: 'c', configMap: { name: 'c' } }] }) },
    why: 'node "n1" can not create pods that reference configmaps',
  },
  {
    of: pods,
    change: { operation: 'UPDATE', name: 'own' },
    why: 'unexpected operation "UPDATE", node "n1" can only create and delete mirror pods',
  },
  { of: pods, change: { operation: 'DELETE', name: 'own' } },
  {
    of: pods,
    change: { operation: 'DELETE', name: 'others' },
    why: 'node "n1" can only delete pods with spec.nodeName set to itself',
  },
  { of: pods, change: { subresource: 'eviction', name: 'own' } },
  {
    of: pods,
    change: { subresource: 'eviction', name: 'others' },
    why: 'node n1 can only evict pods with spec.nodeName set to itself',
  },
  {
    of: pods,
    change: { subresource: 'binding', name: 'own' },
    why: "unexpected pod subresource \"binding\", only 'status' and 'eviction' are allowed",
  },
  {
    of: pods,
    change: {
      operation: 'UPDATE',
      subresource: 'status',
      name: 'own',
      object: pod({ nodeName: 'n1' }),
      oldObject: pod({ nodeName: 'n1' }),
    },
  },
  {
    of: pods,
    change: {
      operation: 'UPDATE',
      subresource: 'status',
      name: 'p',
      object: pod({ nodeName: 'n1' }),
      oldObject: pod({ nodeName: 'n2' }),
    },
    why: 'node "n1" can only update pod status for pods with spec.nodeName set to itself',
  },
  {
    of: pods,
    change: {
      operation: 'UPDATE',
      subresource: 'status',
      name: 'p',
      object: pod({ nodeName: 'n1' }, { labels: { a: 'b' } }),
      oldObject: pod({ nodeName: 'n1' }),
    },
    why: 'node "n1" cannot update labels through pod status',
  },
  {
    of: nodes,
    change: {
      object: labelled({ 'kubernetes.io/hostname': 'n1', 'node.kubernetes.io/x': 'y', 'acme.com/disk': 'ssd' }, [
        { key: 'a', effect: 'NoSchedule' },
      ]),
    },
  },
  {
    of: nodes,
    change: {
      object: labelled({ 'node-restriction.kubernetes.io/a': '1', 'node-role.kubernetes.io/control-plane': '' }),
    },
    why: 'node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/a, node-role.kubernetes.io/control-plane',
  },
  {
    of: nodes,
    change: { operation: 'UPDATE', object: labelled({ 'x.k8s.io/a': '1' }), oldObject: labelled({}) },
    why: 'is not allowed to modify labels: x.k8s.io/a',
  },
  {
    of: nodes,
    change: { operation: 'UPDATE', object: labelled({}), oldObject: labelled({ 'x.k8s.io/a': '1' }) },
    why: 'is not allowed to modify labels: x.k8s.io/a',
  },
  {
    of: nodes,
    change: {
      operation: 'UPDATE',
      object: labelled({ 'x.k8s.io/a': '1' }),
      oldObject: labelled({ 'x.k8s.io/a': '1' }),
    },
  },
  {
    of: nodes,
    change: {
      operation: 'UPDATE',
      object: labelled({}),
      oldObject: labelled({}, [{ key: 'a', effect: 'NoSchedule' }]),
    },
    why: 'node "n1" is not allowed to modify taints',
  },
  {
    of: nodes,
    change: { operation: 'UPDATE', name: 'n2', object: { metadata: { name: 'n2' } } },
    why: 'node "n1" is not allowed to modify node "n2"',
  },
  { of: persistentVolumeClaims, change: { operation: 'UPDATE', name: 'c', subresource: 'status' } },
  { of: persistentVolumeClaims, change: { operation: 'UPDATE', name: 'c' }, why: 'may only update PVC status' },
  {
    of: serviceAccounts,
    change: {
      subresource: 'token',
      name: 'sa',
      object: token({ apiVersion: 'v1', kind: 'Pod', name: 'own', uid: 'own-uid' }),
    },
  },
  {
    of: serviceAccounts,
    change: { subresource: 'token', name: 'sa', object: token() },
    why: 'node requested token not bound to a pod',
  },
  {
    of: serviceAccounts,
    change: { subresource: 'token', name: 'sa', object: token({ apiVersion: 'v1', kind: 'Pod', name: 'own' }) },
    why: 'node requested token with a pod binding without a uid',
  },
  {
    of: serviceAccounts,
    change: {
      subresource: 'token',
      name: 'sa',
      object: token({ apiVersion: 'v1', kind: 'Pod', name: 'own', uid: 'old' }),
    },
    why: 'the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated',
  },
  {
    of: serviceAccounts,
    change: {
      subresource: 'token',
      name: 'sa',
      object: token({ apiVersion: 'v1', kind: 'Pod', name: 'others', uid: 'others-uid' }),
    },
    why: 'node requested token bound to a pod scheduled on a different node',
  },
  { of: leases, change: { namespace: 'kube-node-lease', object: { metadata: { name: 'n1' } } } },
  {
    of: leases,
    change: { namespace: 'kube-node-lease', object: { metadata: { name: 'n2' } } },
    why: 'can only access node lease with the same name as the requesting node',
  },
  {
    of: leases,
    change: { namespace: 'default', object: { metadata: { name: 'n1' } } },
    why: 'can only access leases in the "kube-node-lease" system namespace',
  },
  {
    of: csiNodes,
    change: { object: { metadata: { name: 'n2' } } },
    why: 'can only access CSINode with the same name as the requesting node',
  },
]

test('NodeRestriction lets a node write what is its own', async () => {
  const reader = new MemoryReader()
  const plugin = nodeRestriction(reader)
  reader.put(nodes, { metadata: { name: 'n1', uid: 'node-1' } })
  reader.put(pods, {
    metadata: { namespace: 'shop', name: 'own', uid: 'own-uid' },
    spec: { nodeName: 'n1', containers: [] },
  })
  reader.put(pods, {
    metadata: { namespace: 'shop', name: 'others', uid: 'others-uid' },
    spec: { nodeName: 'n2', containers: [] },
  })
  for (const { of, change, why } of restrictions) {
    const asked = request(of, { ...change, user: n1 })
    if (why === undefined) {
      await run(plugin, asked)
      continue
    }
    const qualified = of.group === '' ? of.plural : `${of.plural}.${of.group}`
    const name = asked.name || asked.object?.metadata?.name || 'Unknown'
    await refused(plugin, asked, `${qualified} "${name}" is forbidden: ${why}`)
    // Whoever is no node is not its business.
    await run(plugin, request(of, change))
  }
  await refused(plugin, request(pods, { operation: 'DELETE', name: 'gone', user: n1 }), 'pods "gone" not found', 404)
  const nameless = { username: 'system:node:', groups: ['system:nodes'] }
  await refused(
    plugin,
    request(pods, { object: mirrorPod(), user: nameless }),
    'pods "m" is forbidden: could not determine node from user "system:node:"',
  )
})
