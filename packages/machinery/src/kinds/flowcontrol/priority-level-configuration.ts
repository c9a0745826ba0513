/** flowcontrol.apiserver.k8s.io PriorityLevelConfiguration. */
import type { LimitedPriorityLevelConfiguration, PriorityLevelConfiguration } from '../../api/flowcontrol-v1.gen.ts'
import type { Column } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { statusAndGeneration } from '../with-status.ts'

export const priorityLevelConfigurations = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
  strategy: statusAndGeneration,
  subresources: { status: {} },
  columns: nameTo<PriorityLevelConfiguration>(
    textColumn('Type', 'Whether requests are limited.', ({ spec }) => spec?.type ?? ''),
    limitColumn('NominalConcurrencyShares', 'Its share of the seats.', limited => limited.nominalConcurrencyShares),
    limitColumn('Queues', 'How many queues it has.', limited => limited.limitResponse?.queuing?.queues),
    limitColumn('HandSize', 'Queues that a flow may use.', limited => limited.limitResponse?.queuing?.handSize),
    limitColumn(
      'QueueLengthLimit',
      'Requests that wait in a queue.',
      limited => limited.limitResponse?.queuing?.queueLengthLimit,
    ),
  ),
  setDefaults,
  definition: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
})

function limitColumn(
  name: string,
  description: string,
  read: (limited: LimitedPriorityLevelConfiguration) => number | undefined,
): Column<PriorityLevelConfiguration> {
  return textColumn(name, description, ({ spec }) => String((spec?.limited && read(spec.limited)) ?? '<none>'))
}

/** pkg/apis/flowcontrol/v1/defaults.go; zero is absent in Go where there is no pointer. */
function setDefaults({ spec }: PriorityLevelConfiguration): void {
  if (spec?.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0
    spec.exempt.lendablePercent ??= 0
  }
  if (!spec?.limited) return
  spec.limited.nominalConcurrencyShares ??= 30
  spec.limited.lendablePercent ??= 0
  const queuing = spec.limited.limitResponse?.queuing
  if (!queuing) return
  queuing.handSize ||= 8
  queuing.queues ||= 64
  queuing.queueLengthLimit ||= 50
}
