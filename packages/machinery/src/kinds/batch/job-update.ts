/**
 * What may not change in a job, after ValidateJobSpecUpdate of pkg/apis/batch/validation: nearly all of it. A job that is
 * suspended and has no pods may still be given other resources and other ways to be scheduled.
 */
import type { Job, JobSpec } from '../../api/batch-v1.gen.ts'
import type { Container, PodSpec, PodTemplateSpec } from '../../api/core-v1.gen.ts'
import { fieldImmutable } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { semanticEqual } from '../core/index.ts'

const immutableFields = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const

export function validateJobUpdate(job: Job, old: Job, errors: FieldErrors): void {
  const { spec } = job
  const before = old.spec
  if (!spec || !before) return
  validateCompletions(spec, before, errors)
  const immutable = (value: unknown, was: unknown, path: string): void => {
    if (!semanticEqual(value, was)) errors.invalid(path, value, fieldImmutable)
  }
  const mayMove = isIdleAndSuspended(old)
  const was = mayMove ? withSchedulingOf(before.template, spec.template) : before.template
  if (mayMove) immutable(spec.template?.spec, withResourcesOf(was?.spec, spec.template?.spec), 'spec.template.spec')
  else immutable(spec.template, was, 'spec.template')
  for (const field of immutableFields) immutable(spec[field], before[field], `spec.${field}`)
}

function validateCompletions(spec: JobSpec, old: JobSpec, errors: FieldErrors): void {
  if (spec.completions === old.completions) return
  if (spec.completionMode !== 'Indexed') errors.invalid('spec.completions', spec.completions, fieldImmutable)
  else if (spec.completions !== undefined && spec.completions !== spec.parallelism) {
    errors.invalid('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism')
  }
}

/** shouldAllowMutablePodTemplate of pkg/registry/batch/job. */
function isIdleAndSuspended({ spec, status }: Job): boolean {
  const isSuspended = status?.conditions?.some(one => one.type === 'Suspended' && one.status === 'True') ?? false
  return spec?.suspend === true && (status?.startTime === undefined || isSuspended) && !status?.active
}

/** The old template with whatever of the new one decides where its pods go. */
function withSchedulingOf(old: PodTemplateSpec, now: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, schedulingGates } = now?.spec ?? {}
  const nodeAffinity = now?.spec?.affinity?.nodeAffinity
  const { nodeAffinity: _old, ...rest } = old?.spec?.affinity ?? {}
  const affinity = { ...rest, ...(nodeAffinity && { nodeAffinity }) }
  const {
    affinity: _affinity,
    nodeSelector: _selector,
    tolerations: _tolerations,
    schedulingGates: _gates,
    ...spec
  } = old?.spec ?? ({ containers: [] } as PodSpec)
  return {
    ...old,
    metadata: { ...old?.metadata, ...pick(now?.metadata ?? {}, ['labels', 'annotations']) },
    spec: {
      ...spec,
      ...(Object.keys(affinity).length > 0 && { affinity }),
      ...(nodeSelector && { nodeSelector }),
      ...(tolerations && { tolerations }),
      ...(schedulingGates && { schedulingGates }),
    },
  }
}

function pick<T extends object, K extends keyof T>(object: T, keys: readonly K[]): Partial<Pick<T, K>> {
  const picked: Partial<Pick<T, K>> = {}
  for (const key of keys) if (object[key] !== undefined) picked[key] = object[key]
  return picked
}

/** The old pod with the new one's resources, container by container while their names and number stay. */
function withResourcesOf(old: PodSpec | undefined, now: PodSpec | undefined): PodSpec | undefined {
  if (!old || !now) return old
  const merge = (before: readonly Container[], after: readonly Container[]): Container[] =>
    before.map((container, i) => {
      const same = after[i]
      if (after.length !== before.length || same?.name !== container.name) return container
      const { resources: _resources, ...rest } = container
      return same.resources ? { ...rest, resources: same.resources } : rest
    })
  return {
    ...old,
    containers: merge(old.containers, now.containers),
    ...(old.initContainers && { initContainers: merge(old.initContainers, now.initContainers ?? []) }),
  }
}
