/** Which of several classes is the default one: the newest that is annotated so, then the first by name. */
import type { KubeObject } from '@petrel/machinery/kinds'

export function defaultClassName(
  classes: readonly KubeObject[],
  ...annotations: readonly string[]
): string | undefined {
  let chosen: KubeObject | undefined
  for (const candidate of classes) {
    if (!annotations.some(annotation => candidate.metadata?.annotations?.[annotation] === 'true')) continue
    if (!chosen || precedes(candidate, chosen)) chosen = candidate
  }
  return chosen?.metadata?.name
}

function precedes(a: KubeObject, b: KubeObject): boolean {
  const [aTime, bTime] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? '']
  return aTime === bTime ? (a.metadata?.name ?? '') < (b.metadata?.name ?? '') : aTime > bTime
}
