/** core/v1 Node. */
import type { Node } from '../../../api/core-v1.gen.ts'
import { defineKind } from '../../define-kind.ts'
import { keepStatus } from '../../keep-status.ts'
import type { Kind } from '../../kind.ts'
import { canonicalizeAmounts } from '../resource-amounts.ts'
import { nodeColumns } from './columns.ts'
import { validateNode, validateNodeUpdate } from './validate.ts'

export const nodes: Kind<Node> = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
  shortNames: ['no'],
  columns: nodeColumns,
  selectableFields: { 'spec.unschedulable': node => String(node.spec?.unschedulable ?? false) },
  subresources: {
    status: { validateUpdate: validateNodeUpdate },
    others: { proxy: { kind: 'NodeProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] } },
  },
  setDefaults(node) {
    const { spec, status } = node
    // As the conversion between v1 and upstream's internal type: the list wins, the single one is its head.
    if (spec?.podCIDR && !spec.podCIDRs?.length) spec.podCIDRs = [spec.podCIDR]
    if (spec?.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0]
    if (!status) return
    if (!status.allocatable && status.capacity) status.allocatable = { ...status.capacity }
    canonicalizeAmounts(status.capacity)
    canonicalizeAmounts(status.allocatable)
  },
  strategy: {
    hasGeneration: false,
    prepareForCreate(node) {
      // A node says what it has when it registers: status stays.
      delete node.spec?.configSource
      delete node.status?.config
    },
    prepareForUpdate(node, old) {
      keepStatus(node, old)
      if (!old.spec?.configSource) delete node.spec?.configSource
    },
    validate: validateNode,
    validateUpdate: validateNodeUpdate,
    warnings({ spec }) {
      const warnings = spec?.configSource ? ['spec.configSource: the feature is removed'] : []
      if (spec?.externalID) warnings.push('spec.externalID: this field is deprecated, and is unused by Kubernetes')
      return warnings
    },
  },
  definition: 'io.k8s.api.core.v1.Node',
})
