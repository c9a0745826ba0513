/** core/v1 PodTemplate: a template on its own, as old workloads of third parties refer to. */
import type { PodTemplate } from '../../api/core-v1.gen.ts'
import { nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import type { Kind } from '../kind.ts'
import {
  formatLabels,
  podSpecWarnings,
  setPodTemplateDefaults,
  templateColumns,
  validatePodTemplateSpec,
} from './pod-spec/index.ts'

export const podTemplates: Kind<PodTemplate> = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  columns: [
    nameColumn,
    ...templateColumns<PodTemplate>(({ template }) => template, 0),
    {
      name: 'Pod Labels',
      type: 'string',
      priority: 0,
      description: 'Labels of the pods made from it.',
      cell: ({ template }) => formatLabels(template?.metadata?.labels),
    },
  ],
  setDefaults: ({ template }) => setPodTemplateDefaults(template),
  strategy: {
    hasGeneration: true,
    validate: ({ template }, errors) => validatePodTemplateSpec(template ?? {}, 'template', errors),
    warnings: ({ template }) => podSpecWarnings(template?.spec, 'template.spec'),
  },
  definition: 'io.k8s.api.core.v1.PodTemplate',
})
