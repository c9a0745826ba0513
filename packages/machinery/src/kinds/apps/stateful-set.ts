/** apps/v1 StatefulSet, after pkg/apis/apps/{v1/defaults,validation} and pkg/registry/apps/statefulset. */
import type { StatefulSet, StatefulSetSpec } from '../../api/apps-v1.gen.ts'
import type { PodTemplateSpec, Volume } from '../../api/core-v1.gen.ts'
import { nameIsDnsLabel, validateNonNegative } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { ageColumn, type Column, nameColumn } from '../../table/index.ts'
import { semanticEqual, setClaimSpecDefaults, validateClaimSpec, validateDnsLabel } from '../core/index.ts'
import { podSpecWarnings, setPodTemplateDefaults, templateColumns } from '../core/pod-spec/index.ts'
import { defineKind } from '../define-kind.ts'
import { textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'
import { replicaScale } from './replica-scale.ts'
import { validateClaimRetention, validateUpdateStrategy } from './stateful-set-strategy.ts'
import {
  validateCollisionCount,
  validateCounts,
  validateReplicaCounts,
  validateSelectedTemplate,
  validateWorkloadSelector,
} from './workload-rules.ts'

const columns: readonly Column<StatefulSet>[] = [
  nameColumn,
  textColumn(
    'Ready',
    'Ready pods of those that are wanted.',
    ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
  ),
  ageColumn,
  ...templateColumns<StatefulSet>(({ spec }) => spec?.template),
]

/** What an update may change, in upstream's order. */
const mutableFields = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const

export const statefulSets = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  columns,
  setDefaults,
  strategy: withStatus<NonNullable<StatefulSet['status']>, StatefulSet>(
    { replicas: 0, availableReplicas: 0 },
    {
      validateName: nameIsDnsLabel,
      validate: ({ spec }, errors) => validateSpec(spec, errors),
      validateCreate: ({ spec }, errors) => validateNewSpec(spec, errors),
      validateUpdate: (object, old, errors) => validateUpdate(object.spec, old.spec, errors),
      warnings: ({ spec }) => [
        ...podSpecWarnings(spec?.template?.spec, 'spec.template.spec'),
        ...((spec?.revisionHistoryLimit ?? 0) < 0
          ? [
              'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
            ]
          : []),
      ],
    },
  ),
  subresources: {
    status: {
      validateUpdate: ({ status }, old, errors) => {
        const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const
        validateCounts(status, ['replicas', ...parts, 'observedGeneration', 'collisionCount'], 'status', errors)
        validateReplicaCounts(status, parts, 'status.readyReplicas', errors)
        validateCollisionCount(status?.collisionCount, old.status?.collisionCount, errors)
      },
    },
    scale: replicaScale<StatefulSet>(),
  },
  definition: 'io.k8s.api.apps.v1.StatefulSet',
})

function setDefaults({ spec }: StatefulSet): void {
  if (!spec) return
  setPodTemplateDefaults(spec.template)
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1'
    claim.kind = 'PersistentVolumeClaim'
    setClaimSpecDefaults(claim.spec)
    claim.status ??= {}
    claim.status.phase ??= 'Pending'
  }
  if (!spec.podManagementPolicy) spec.podManagementPolicy = 'OrderedReady'
  spec.updateStrategy ??= {}
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = 'RollingUpdate'
    spec.updateStrategy.rollingUpdate ??= {}
  }
  const { type, rollingUpdate } = spec.updateStrategy
  if (type === 'RollingUpdate' && rollingUpdate) rollingUpdate.partition ??= 0
  spec.persistentVolumeClaimRetentionPolicy ??= {}
  const retention = spec.persistentVolumeClaimRetentionPolicy
  if (!retention.whenDeleted) retention.whenDeleted = 'Retain'
  if (!retention.whenScaled) retention.whenScaled = 'Retain'
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
}

function validateSpec(spec: StatefulSetSpec | undefined, errors: FieldErrors): void {
  if (!spec) {
    errors.required('spec')
    return
  }
  const { podManagementPolicy = '' } = spec
  if (podManagementPolicy === '') errors.required('spec.podManagementPolicy')
  else if (podManagementPolicy !== 'OrderedReady' && podManagementPolicy !== 'Parallel') {
    errors.invalid('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'")
  }
  validateUpdateStrategy(spec.updateStrategy, errors)
  validateClaimRetention(spec.persistentVolumeClaimRetentionPolicy, errors)
  validateCounts(spec, ['replicas', 'minReadySeconds'], 'spec', errors)
  validateNonNegative(spec.ordinals?.start, 'spec.ordinals.start', errors)
  validateWorkloadSelector(spec.selector, 'statefulset', 'spec.selector', errors)
  validateSelectedTemplate({ ...spec, template: asPodsWillHaveIt(spec) }, 'StatefulSet', 'spec', errors)
}

/** What never changes is looked at once: sets of old servers live on with what was fine then. */
function validateNewSpec(spec: StatefulSetSpec | undefined, errors: FieldErrors): void {
  spec?.volumeClaimTemplates?.forEach((claim, i) => {
    validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`, errors)
  })
  if (spec?.serviceName) validateDnsLabel(spec.serviceName, 'spec.serviceName', errors)
}

/** The template with the volumes of the claims; the names that the controller sets are not the user's to get right. */
function asPodsWillHaveIt(spec: StatefulSetSpec): PodTemplateSpec {
  const claims = spec.volumeClaimTemplates ?? []
  if (!spec.template?.spec || claims.length === 0) return spec.template
  const names = new Set(claims.map(claim => claim.metadata?.name))
  const volumes: Volume[] = claims.map(({ metadata }) => {
    const name = metadata?.name ?? ''
    return { name, persistentVolumeClaim: { claimName: name } }
  })
  volumes.push(...(spec.template.spec.volumes ?? []).filter(volume => !names.has(volume.name)))
  const { hostname: _hostname, subdomain: _subdomain, ...rest } = spec.template.spec
  return { ...spec.template, spec: { ...rest, volumes } }
}

function validateUpdate(
  spec: StatefulSetSpec | undefined,
  old: StatefulSetSpec | undefined,
  errors: FieldErrors,
): void {
  const fixed = (one: StatefulSetSpec | undefined): object =>
    Object.fromEntries(Object.entries(one ?? {}).filter(([field]) => !mutableFields.some(name => name === field)))
  if (semanticEqual(fixed(spec), fixed(old))) return
  const quoted = mutableFields.map(field => `'${field}'`)
  const list = `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`
  errors.forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)
}
