/** resource.k8s.io DeviceTaintRule. */

import type { DeviceTaintRule as DeviceTaintRuleV1alpha3 } from '../../api/resource-v1alpha3.gen.ts'
import type { DeviceTaintRule } from '../../api/resource-v1beta2.gen.ts'
import { defineKind } from '../define-kind.ts'
import { storedAs } from '../stored-as.ts'
import { statusAndGeneration } from '../with-status.ts'

const shared = {
  group: 'resource.k8s.io',
  kind: 'DeviceTaintRule',
  plural: 'devicetaintrules',
  namespaced: false,
  strategy: statusAndGeneration,
  subresources: { status: {} },
} as const

export const deviceTaintRules = defineKind<DeviceTaintRule>({
  ...shared,
  version: 'v1beta2',
  definition: 'io.k8s.api.resource.v1beta2.DeviceTaintRule',
})

export const deviceTaintRulesV1alpha3 = defineKind<DeviceTaintRuleV1alpha3>({
  ...shared,
  version: 'v1alpha3',
  storage: storedAs<DeviceTaintRuleV1alpha3>(deviceTaintRules, 'v1alpha3'),
  definition: 'io.k8s.api.resource.v1alpha3.DeviceTaintRule',
})
