/**
 * The protobuf side of a schema: fields by number, with the embedded messages that Go's inline structs become put back between
 * the type and its fields. Built once per schema.
 */
import type { Property, Schema } from '../../schema/index.ts'

interface PlannedField {
  readonly kind: 'field'
  readonly number: number
  readonly name: string
  readonly property: Property
}

interface Embedded {
  readonly kind: 'embedded'
  readonly number: number
  readonly plan: Plan
}

export interface Plan {
  readonly byNumber: ReadonlyMap<number, PlannedField | Embedded>
  /** Highest number first: the order in which the backward writer needs them. */
  readonly falling: readonly (PlannedField | Embedded)[]
}

const plans = new WeakMap<Schema, Plan>()

export function planOf(schema: Schema): Plan {
  let plan = plans.get(schema)
  if (plan === undefined) {
    plan = build(
      [...(schema.properties ?? [])].filter(([, property]) => property.proto > 0),
      0,
    )
    plans.set(schema, plan)
  }
  return plan
}

type Entry = readonly [string, Property]

function build(entries: readonly Entry[], level: number): Plan {
  const fields: (PlannedField | Embedded)[] = []
  const inner = new Map<number, Entry[]>()
  for (const entry of entries) {
    const [name, property] = entry
    const via = property.protoVia?.[level]
    if (via === undefined) fields.push({ kind: 'field', number: property.proto, name, property })
    else inner.set(via, [...(inner.get(via) ?? []), entry])
  }
  for (const [number, members] of inner) fields.push({ kind: 'embedded', number, plan: build(members, level + 1) })
  fields.sort((a, b) => b.number - a.number)
  return { byNumber: new Map(fields.map(field => [field.number, field])), falling: fields }
}
