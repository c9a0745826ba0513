/**
 * In which order a merged list ends up: items that the patch names stand in its order, all others in the order of the
 * live list, and the two are interleaved by the live list as far as both have their place there. After
 * normalizeElementOrder of k8s.io/apimachinery/pkg/util/strategicpatch/patch.go.
 */

type KeyOf = (item: unknown) => unknown

/** `merged` in order; `named` is the order of the patch, `live` that of the list before. */
export function mergeInOrder(
  merged: readonly unknown[],
  named: readonly unknown[],
  live: readonly unknown[],
  keyOf: KeyOf,
): unknown[] {
  const namedAt = positions(named, keyOf)
  const liveAt = positions(live, keyOf)
  const place = (of: ReadonlyMap<unknown, number>, item: unknown): number => of.get(keyOf(item)) ?? of.size
  const byNamed = merged.filter(item => namedAt.has(keyOf(item))).sort((a, b) => place(namedAt, a) - place(namedAt, b))
  const others = merged.filter(item => !namedAt.has(keyOf(item))).sort((a, b) => place(liveAt, a) - place(liveAt, b))

  const result: unknown[] = []
  let next = 0
  for (const item of byNamed) {
    const at = liveAt.get(keyOf(item))
    while (at !== undefined && next < others.length) {
      const other = liveAt.get(keyOf(others[next]))
      if (other === undefined || other >= at) break
      result.push(others[next++])
    }
    result.push(item)
  }
  return [...result, ...others.slice(next)]
}

function positions(list: readonly unknown[], keyOf: KeyOf): ReadonlyMap<unknown, number> {
  const at = new Map<unknown, number>()
  list.forEach((item, i) => {
    const key = keyOf(item)
    if (!at.has(key)) at.set(key, i)
  })
  return at
}
