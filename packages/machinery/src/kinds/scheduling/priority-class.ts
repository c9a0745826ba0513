/** scheduling.k8s.io PriorityClass, after pkg/apis/scheduling. Its value never changes: pods have copied it. */
import type { PriorityClass } from '../../api/scheduling-v1.gen.ts'
import { validateImmutable } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, type Column, nameColumn } from '../../table/index.ts'
import { validateOptionalChoice } from '../core/index.ts'
import { defineKind } from '../define-kind.ts'
import { booleanColumn, numberColumn, textColumn } from '../make-column.ts'

/** HighestUserDefinablePriority. */
const highestUserPriority = 1_000_000_000
const systemPrefix = 'system-'

/** Classes that every cluster has: SystemPriorityClasses of pkg/apis/scheduling/v1. */
export const systemPriorities: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
}

const columns: readonly Column<PriorityClass>[] = [
  nameColumn,
  numberColumn('Value', 'The priority of its pods.', object => object.value),
  booleanColumn('Global-Default', 'Whether pods without a class have it.', object => object.globalDefault),
  ageColumn,
  textColumn('PreemptionPolicy', 'Whether its pods push others out.', object => object.preemptionPolicy ?? ''),
]

export const priorityClasses = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  namespaced: false,
  shortNames: ['pc'],
  columns,
  setDefaults: object => {
    object.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  strategy: {
    hasGeneration: true,
    validate,
    validateUpdate: (object, old, errors) => {
      if ((object.value ?? 0) !== (old.value ?? 0)) errors.forbidden('value', 'may not be changed in an update.')
      validateImmutable(object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy', errors)
    },
  },
  definition: 'io.k8s.api.scheduling.v1.PriorityClass',
})

function validate(object: PriorityClass, errors: FieldErrors): void {
  const { value = 0, globalDefault = false, preemptionPolicy, metadata } = object
  const name = metadata?.name ?? ''
  if (name.startsWith(systemPrefix)) {
    const why = systemFault(name, value, globalDefault)
    if (why !== undefined) {
      const rule = "priority class names with 'system-' prefix are reserved for system use only."
      errors.forbidden('metadata.name', `${rule} error: ${why}`)
    }
  } else if (value > highestUserPriority) {
    errors.forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`)
  }
  validateOptionalChoice(preemptionPolicy, ['Never', 'PreemptLowerPriority'], 'preemptionPolicy', errors)
}

/** IsKnownSystemPriorityClass. */
function systemFault(name: string, value: number, globalDefault: boolean): string | undefined {
  if (!Object.hasOwn(systemPriorities, name)) return `${name} is not a known system priority class`
  if (systemPriorities[name] !== value) return `value of ${name} PriorityClass must be ${systemPriorities[name]}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}
