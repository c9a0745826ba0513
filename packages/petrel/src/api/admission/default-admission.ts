/** The plugins that are on, in the order of pkg/kubeapiserver/options/plugins.go: order is behaviour. */
import type { Clock, Rng } from '../../base/index.ts'
import type { AdmissionPlugin, ObjectReader } from '../contract.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { priority } from './priority.ts'
import { serviceAccount } from './service-account.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'

export interface AdmissionOptions {
  readonly clock: Clock
  readonly rng: Rng
  /** Upstream names of plugins to leave out (`--disable-admission-plugins`). */
  readonly disabled?: readonly string[]
}

export function defaultAdmission(reader: ObjectReader, options: AdmissionOptions): AdmissionPlugin[] {
  const plugins = [
    namespaceLifecycle(reader),
    serviceAccount(reader, options.clock, options.rng),
    nodeRestriction(reader),
    taintNodesByCondition(),
    priority(reader),
    defaultTolerationSeconds(),
    defaultStorageClass(reader),
    defaultIngressClass(reader),
  ]
  const disabled = options.disabled ?? []
  return plugins.filter(plugin => !disabled.includes(plugin.name))
}
