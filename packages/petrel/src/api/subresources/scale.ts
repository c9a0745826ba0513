/** `scale`: autoscaling/v1 Scale of any kind that says where its numbers are. */
import type { Scale } from '@petrel/machinery/api/autoscaling-v1'
import type { KubeObject, ScaleSubresource } from '@petrel/machinery/kinds'
import { conform, DecodeError } from '@petrel/machinery/schema'
import { badRequest, conflict, FieldErrors, invalid } from '@petrel/machinery/status'
import { ageColumn, type Column, nameColumn } from '@petrel/machinery/table'
import type { Handler } from '../chain.ts'
import { methodNotAllowed } from '../refusals.ts'
import { readAs } from '../registry/body.ts'
import { copy } from '../registry/copy.ts'
import { get } from '../registry/get.ts'
import type { ServedKind } from '../registry/kind-table.ts'
import { applyPatch, readPatch } from '../registry/patch.ts'
import type { Registry } from '../registry/registry.ts'
import { change } from '../registry/update.ts'
import { parseWriteOptions, type WriteOptions } from '../registry/write-options.ts'
import type { ApiRequest } from '../request.ts'
import { looseResult, wireKind } from './loose-kind.ts'

const scaleColumns: readonly Column<Scale>[] = [
  nameColumn,
  {
    name: 'Desired',
    type: 'integer',
    priority: 0,
    description: 'How many instances are wanted.',
    cell: ({ spec }) => spec?.replicas ?? 0,
  },
  {
    name: 'Available',
    type: 'integer',
    priority: 0,
    description: 'How many instances there are.',
    cell: ({ status }) => status?.replicas ?? 0,
  },
  ageColumn,
]

const scaleKind = wireKind<Scale>('autoscaling', 'v1', 'Scale', 'io.k8s.api.autoscaling.v1.Scale', scaleColumns)

export function scaleHandler(registry: Registry): Handler {
  return async (request, served) => {
    const view = served.kind.subresources.scale as ScaleSubresource
    switch (request.info.verb) {
      case 'get': {
        const found = await get(registry, request, served)
        return looseResult(scaleKind, scaleOf(found.object(), view), 200)
      }
      case 'update': {
        const options = parseWriteOptions(request.query, 'UpdateOptions')
        const scale = await readAs<Scale>(request, scaleKind, options.fieldValidation)
        return write(registry, request, served, view, options, () => scale, false)
      }
      case 'patch': {
        const options = parseWriteOptions(request.query, 'PatchOptions')
        const patch = readPatch(request)
        return write(registry, request, served, view, options, old => patched(old, patch), true)
      }
      default:
        throw methodNotAllowed()
    }
  }
}

function patched(old: Scale, patch: ReturnType<typeof readPatch>): Scale {
  try {
    return conform<Scale>(
      applyPatch(copy(old) as Record<string, unknown>, patch, { kind: scaleKind }),
      scaleKind.schema,
    ).object
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(error.message, error)
    throw error
  }
}

async function write(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  view: ScaleSubresource,
  options: WriteOptions,
  next: (old: Scale) => Scale,
  retries: boolean,
): Promise<ReturnType<typeof looseResult>> {
  const result = await change(registry, request, served, options, {
    next(old) {
      const scale = next(scaleOf(old, view))
      check(served, request, scale, old)
      const object = copy(old)
      view.setReplicas(object, scale.spec?.replicas ?? 0)
      object.metadata = { ...object.metadata, resourceVersion: scale.metadata?.resourceVersion ?? '' }
      return object
    },
    subresource: { name: 'scale', prepare: () => {} },
    retries,
  })
  return looseResult(scaleKind, scaleOf(result.object(), view), 200)
}

function check(served: ServedKind, request: ApiRequest, scale: Scale, old: KubeObject): void {
  const { name } = request.info
  const { uid, name: given = name, namespace = old.metadata?.namespace } = scale.metadata ?? {}
  if (given !== name) throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
  if (namespace !== old.metadata?.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (uid && uid !== old.metadata?.uid) {
    throw conflict(
      served.kind,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata?.uid ?? ''}`,
    )
  }
  const replicas = scale.spec?.replicas ?? 0
  if (replicas < 0) {
    const errors = new FieldErrors()
    errors.invalid('spec.replicas', replicas, 'must be greater than or equal to 0')
    throw invalid(scaleKind, name, errors)
  }
}

function scaleOf(object: KubeObject, view: ScaleSubresource): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata ?? {}
  const selector = view.selector(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
    },
    spec: { ...(view.replicas(object) !== 0 && { replicas: view.replicas(object) }) },
    status: { replicas: view.statusReplicas(object), ...(selector !== '' && { selector }) },
  }
}
