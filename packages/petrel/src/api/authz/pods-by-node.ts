/** The pods of each node, followed from the first question on: starting costs nothing where no node asks. */
import type { Pod } from '@petrel/machinery/api/core-v1'
import { pods } from '@petrel/machinery/kinds'
import type { ObjectReader } from '../contract.ts'

export class PodsByNode {
  readonly #reader: ObjectReader
  #nodes: Map<string, Map<string, Pod>> | undefined
  #watch: { cancel(): void } | undefined

  constructor(reader: ObjectReader) {
    this.#reader = reader
  }

  close(): void {
    this.#watch?.cancel()
  }

  get(nodeName: string): Iterable<Pod> {
    this.#nodes ??= this.#open()
    return this.#nodes.get(nodeName)?.values() ?? []
  }

  #open(): Map<string, Map<string, Pod>> {
    const nodes = new Map<string, Map<string, Pod>>()
    this.#watch = this.#reader.onChange(pods, (current, previous) => {
      // The reader hands out objects of the resource that was asked for.
      if (previous) remove(nodes, previous as Pod)
      if (current) add(nodes, current as Pod)
    })
    for (const pod of this.#reader.list(pods, '')) add(nodes, pod)
    return nodes
  }
}

function add(nodes: Map<string, Map<string, Pod>>, pod: Pod): void {
  const nodeName = pod.spec?.nodeName ?? ''
  if (nodeName === '') return
  let its = nodes.get(nodeName)
  if (!its) {
    its = new Map()
    nodes.set(nodeName, its)
  }
  its.set(pod.metadata?.uid ?? '', pod)
}

function remove(nodes: Map<string, Map<string, Pod>>, pod: Pod): void {
  const its = nodes.get(pod.spec?.nodeName ?? '')
  its?.delete(pod.metadata?.uid ?? '')
  if (its?.size === 0) nodes.delete(pod.spec?.nodeName ?? '')
}
