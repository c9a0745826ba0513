/** A column of `kubectl get`, as in metav1.TableColumnDefinition, and how its cell is made. */
export interface Column<T = unknown> {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority: number
  /** Key of the description in the upstream documentation, or a text of our own. */
  readonly description: string
  /** The cell; `now` (ms) is for ages. Numbers and booleans stay such, null prints as <none> or <unset> by kubectl. */
  cell(object: T, now: number): string | number | boolean | null
}
