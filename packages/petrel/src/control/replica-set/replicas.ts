/** What ReplicaSet and ReplicationController have in common, and where they differ. */
import type { ReplicaSet, ReplicaSetStatus } from '@petrel/machinery/api/apps-v1'
import type { PodTemplateSpec, ReplicationController } from '@petrel/machinery/api/core-v1'
import { type KubeObject, type Resource, replicaSets, replicationControllers } from '@petrel/machinery/kinds'
import { type LabelSelector, selectorFromLabelSelector, selectorFromSet } from '@petrel/machinery/selectors'

/** The fields of both kinds that the controller works with. */
export interface Replicas extends KubeObject {
  spec?: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec }
  status?: ReplicaSetStatus
}

export interface ReplicasKind {
  readonly name: string
  readonly component: string
  readonly resource: Resource<Replicas>
  /** status.terminatingReplicas exists (KEP-3973). */
  readonly countsTerminating: boolean
  selectorOf(object: Replicas): LabelSelector
}

export const replicaSetKind: ReplicasKind = {
  name: 'replicaset',
  component: 'replicaset-controller',
  resource: replicaSets as Resource<Replicas>,
  countsTerminating: true,
  selectorOf: object => selectorFromLabelSelector((object as ReplicaSet).spec?.selector),
}

/** Without a selector of its own it selects what its template is labelled with. */
export const replicationControllerKind: ReplicasKind = {
  name: 'replicationcontroller',
  component: 'replication-controller',
  resource: replicationControllers as Resource<Replicas>,
  countsTerminating: false,
  selectorOf: object => {
    const spec = (object as ReplicationController).spec
    return selectorFromSet(spec?.selector ?? spec?.template?.metadata?.labels ?? {})
  },
}
