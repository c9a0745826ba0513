/** core/v1 ReplicationController, the ancestor of ReplicaSet. */
import type { ReplicationController } from '../../api/core-v1.gen.ts'
import { dns1123LabelFaults } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import { keepStatus } from '../keep-status.ts'
import type { Kind } from '../kind.ts'
import { validateNonNegativeField } from './field-rules.ts'
import {
  formatLabels,
  podSpecWarnings,
  setPodTemplateDefaults,
  templateColumns,
  validateReplicatedTemplate,
} from './pod-spec/index.ts'

export const replicationControllers: Kind<ReplicationController> = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  columns: [
    nameColumn,
    {
      name: 'Desired',
      type: 'integer',
      priority: 0,
      description: 'Pods that there should be.',
      cell: ({ spec }) => spec?.replicas ?? 0,
    },
    {
      name: 'Current',
      type: 'integer',
      priority: 0,
      description: 'Pods that there are.',
      cell: ({ status }) => status?.replicas ?? 0,
    },
    {
      name: 'Ready',
      type: 'integer',
      priority: 0,
      description: 'Pods that are ready.',
      cell: ({ status }) => status?.readyReplicas ?? 0,
    },
    ageColumn,
    ...templateColumns<ReplicationController>(({ spec }) => spec?.template),
    {
      name: 'Selector',
      type: 'string',
      priority: 1,
      description: 'Labels by which the pods are found.',
      cell: ({ spec }) => formatLabels(spec?.selector),
    },
  ],
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  subresources: {
    status: { validateUpdate: validateStatus },
    scale: {
      replicas: ({ spec }) => spec?.replicas ?? 0,
      setReplicas(controller, replicas) {
        controller.spec = { ...controller.spec, replicas }
      },
      statusReplicas: ({ status }) => status?.replicas ?? 0,
      selector: ({ spec }) => (spec?.selector ? formatLabels(spec.selector).replace('<none>', '') : ''),
    },
  },
  setDefaults(controller) {
    const spec = controller.spec ?? {}
    controller.spec = spec
    spec.replicas ??= 1
    setPodTemplateDefaults(spec.template)
    const labels = spec.template?.metadata?.labels
    if (!labels) return
    if (isEmpty(spec.selector)) spec.selector = { ...labels }
    if (isEmpty(controller.metadata?.labels)) controller.metadata = { ...controller.metadata, labels: { ...labels } }
  },
  strategy: {
    orphansDependents: true,
    prepareForCreate(controller) {
      controller.status = { replicas: 0 }
    },
    prepareForUpdate: keepStatus,
    validate,
    warnings({ metadata, spec }, old) {
      const faults = old || !metadata?.name ? [] : dns1123LabelFaults(metadata.name)
      const advice =
        'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended'
      const named = faults.length > 0 ? [`${advice}: [${faults.join(' ')}]`] : []
      return [...named, ...podSpecWarnings(spec?.template?.spec, 'spec.template.spec')]
    },
  },
  definition: 'io.k8s.api.core.v1.ReplicationController',
})

function isEmpty(map: object | undefined): boolean {
  return map === undefined || Object.keys(map).length === 0
}

function validate({ spec = {} }: ReplicationController, errors: FieldErrors): void {
  validateNonNegativeField(spec.minReadySeconds, 'spec.minReadySeconds', errors)
  if (isEmpty(spec.selector)) errors.required('spec.selector')
  if (spec.replicas === undefined) errors.required('spec.replicas')
  else validateNonNegativeField(spec.replicas, 'spec.replicas', errors)
  const selector = Object.entries(spec.selector ?? {})
  const selects = (labels: Readonly<Record<string, string>>): boolean =>
    selector.every(([key, value]) => labels[key] === value)
  validateReplicatedTemplate(spec.template, selects, 'ReplicationController', 'spec.template', errors)
}

function validateStatus({ status }: ReplicationController, _old: ReplicationController, errors: FieldErrors): void {
  const { replicas = 0, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {}
  const counts = { replicas, fullyLabeledReplicas, readyReplicas, availableReplicas }
  for (const [field, count] of Object.entries(counts)) validateNonNegativeField(count, `status.${field}`, errors)
  validateNonNegativeField(status?.observedGeneration, 'status.observedGeneration', errors)
  for (const [field, count] of Object.entries({ fullyLabeledReplicas, readyReplicas, availableReplicas })) {
    if (count > replicas) errors.invalid(`status.${field}`, count, 'cannot be greater than status.replicas')
  }
  if (availableReplicas > readyReplicas) {
    errors.invalid('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas')
  }
}
