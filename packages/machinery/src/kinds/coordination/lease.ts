/** coordination.k8s.io Lease, after pkg/apis/coordination. */
import type { Lease } from '../../api/coordination-v1.gen.ts'
import { qualifiedNameFaults } from '../../names/index.ts'
import { invalidEach } from '../core/index.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'

export const leases = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  columns: nameTo<Lease>(textColumn('Holder', 'Who holds it.', ({ spec }) => spec?.holderIdentity ?? '')),
  strategy: {
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
    validate: ({ spec }, errors) => {
      const { leaseDurationSeconds: duration, leaseTransitions: transitions, strategy, preferredHolder } = spec ?? {}
      if (duration !== undefined && duration <= 0) {
        errors.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')
      }
      if (transitions !== undefined && transitions < 0) {
        errors.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')
      }
      if (strategy !== undefined) {
        // Upstream names the field twice.
        const path = 'spec.strategy.strategy'
        if (strategy.includes('/')) invalidEach(qualifiedNameFaults(strategy), strategy, path, errors)
        else if (strategy !== 'OldestEmulationVersion') errors.notSupported(path, strategy, ['OldestEmulationVersion'])
      }
      if (preferredHolder && !strategy) {
        errors.forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined')
      }
    },
  },
  definition: 'io.k8s.api.coordination.v1.Lease',
})
