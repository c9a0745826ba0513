/** `pods/ephemeralcontainers`, `pods/resize`, `namespaces/finalize`: views whose rules are declared beside the kind. */
import type { Namespace, Pod } from '@petrel/machinery/api/core-v1'
import { ephemeralContainersView, namespaceFinalizeView, type PodView, pods, resizeView } from '@petrel/machinery/kinds'
import type { SubresourceRules } from '../registry/update.ts'

function podRules(name: string, view: PodView): SubresourceRules {
  return {
    name,
    prepare: (object, old) => view.prepareForUpdate(object as Pod, old as Pod),
    validate(object, old, errors) {
      pods.strategy.validate?.(object as Pod, errors)
      if (errors.empty) view.validateUpdate(object as Pod, old as Pod, errors)
    },
  }
}

export const ephemeralContainersRules: SubresourceRules = podRules('ephemeralcontainers', ephemeralContainersView)

export const resizeRules: SubresourceRules = podRules('resize', resizeView)

export const finalizeRules: SubresourceRules = {
  name: 'finalize',
  prepare: (object, old) => namespaceFinalizeView.prepareForUpdate(object as Namespace, old as Namespace),
  validate: (object, old, errors) =>
    namespaceFinalizeView.validateUpdate(object as Namespace, old as Namespace, errors),
}
