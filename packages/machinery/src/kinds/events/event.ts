/** events.k8s.io Event: the same objects as core/v1 events, stored as those, with other names for half of the fields. */
import type { Event as CoreEvent } from '../../api/core-v1.gen.ts'
import type { Event } from '../../api/events-v1.gen.ts'
import type { Column } from '../../table/index.ts'
import { events } from '../core/index.ts'
import { defineKind } from '../define-kind.ts'
import type { KubeObject } from '../kind.ts'

/** Names of fields here and in core/v1: pkg/apis/events/v1/conversion.go. */
const renamed = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
] as const satisfies readonly (readonly [keyof Event, keyof CoreEvent])[]

const here = new Map<string, string>(renamed.map(([own, core]) => [core, own]))
const there = new Map<string, string>(renamed)

function rename(object: KubeObject, names: ReadonlyMap<string, string>, apiVersion: string): KubeObject {
  const fields = Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value])
  return { ...Object.fromEntries(fields), apiVersion }
}

const toCore = (event: Event): CoreEvent => rename(event, there, 'v1') as CoreEvent
const fromCore = (event: KubeObject): Event => rename(event, here, 'events.k8s.io/v1') as Event

const columns: readonly Column<Event>[] = events.columns.map(column => ({
  ...column,
  cell: (event, now) => column.cell(toCore(event), now),
}))

/** Named after its version: `events` is core's. */
export const eventsV1 = defineKind<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  columns,
  selectableFields: Object.fromEntries(
    Object.entries(events.selectableFields)
      .filter(([path]) => path !== 'source')
      .map(([path, read]) => [
        path.replace('involvedObject', 'regarding').replace('reportingComponent', 'reportingController'),
        (event: Event) => read(toCore(event)),
      ]),
  ),
  strategy: {
    allowCreateOnUpdate: true,
    validate: (event, errors) => events.strategy.validate?.(toCore(event), errors),
  },
  storage: { kind: events, fromStorage: fromCore, toStorage: toCore },
  definition: 'io.k8s.api.events.v1.Event',
})
