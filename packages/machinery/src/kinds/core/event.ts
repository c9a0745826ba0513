/** core/v1 Event. Events of the old form have no eventTime and are hardly checked; those of the new form are. */
import type { Event } from '../../api/core-v1.gen.ts'
import { dns1123SubdomainFaults } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { type Column, nameColumn, timeSince } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import type { Kind } from '../kind.ts'
import { invalidEach, validateQualifiedName } from './field-rules.ts'

const columns: readonly Column<Event>[] = [
  {
    name: 'Last Seen',
    type: 'string',
    priority: 0,
    description: 'Time since this happened last.',
    cell: ({ series, lastTimestamp, firstTimestamp, eventTime }, now) =>
      timeSince(series ? series.lastObservedTime : lastTimestamp || firstTimestamp || eventTime, now),
  },
  { name: 'Type', type: 'string', priority: 0, description: 'Normal or Warning.', cell: event => event.type ?? '' },
  {
    name: 'Reason',
    type: 'string',
    priority: 0,
    description: 'Why this happened, in one word.',
    cell: event => event.reason ?? '',
  },
  {
    name: 'Object',
    type: 'string',
    priority: 0,
    description: 'What it happened to.',
    cell: ({ involvedObject: { kind = '', name } = {} }) => kind.toLowerCase() + (name ? `/${name}` : ''),
  },
  {
    name: 'Subobject',
    type: 'string',
    priority: 1,
    description: 'The part of the object.',
    cell: event => event.involvedObject?.fieldPath ?? '',
  },
  {
    name: 'Source',
    type: 'string',
    priority: 1,
    description: 'Who reports it, and from which host.',
    cell: ({ source, reportingComponent, reportingInstance }) => {
      const component = source?.component || (reportingComponent ?? '')
      const instance = source?.host || (reportingInstance ?? '')
      return instance === '' ? component : `${component}, ${instance}`
    },
  },
  {
    name: 'Message',
    type: 'string',
    priority: 0,
    description: 'What happened, in a sentence.',
    cell: event => (event.message ?? '').trim(),
  },
  {
    name: 'First Seen',
    type: 'string',
    priority: 1,
    description: 'Time since this happened first.',
    cell: ({ firstTimestamp, eventTime }, now) => timeSince(firstTimestamp || eventTime, now),
  },
  {
    name: 'Count',
    type: 'string',
    priority: 1,
    description: 'How often it happened.',
    cell: ({ series, count }) => (series ? (series.count ?? 0) : count || 1),
  },
  { ...nameColumn, priority: 1 },
]

export const events: Kind<Event> = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  columns,
  selectableFields: {
    'involvedObject.kind': event => event.involvedObject?.kind ?? '',
    'involvedObject.namespace': event => event.involvedObject?.namespace ?? '',
    'involvedObject.name': event => event.involvedObject?.name ?? '',
    'involvedObject.uid': event => event.involvedObject?.uid ?? '',
    'involvedObject.apiVersion': event => event.involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': event => event.involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': event => event.involvedObject?.fieldPath ?? '',
    reason: event => event.reason ?? '',
    reportingComponent: event => event.reportingComponent ?? '',
    source: event => event.source?.component || (event.reportingComponent ?? ''),
    type: event => event.type ?? '',
  },
  strategy: {
    allowCreateOnUpdate: true,
    validate(event, errors) {
      validateEventNamespace(event, errors)
      if (event.eventTime) validateNewForm(event, errors)
      const namespace = event.metadata?.namespace ?? ''
      invalidEach(dns1123SubdomainFaults(namespace), namespace, 'namespace', errors)
    },
  },
  definition: 'io.k8s.api.core.v1.Event',
})

/** Events about cluster-scoped objects live in `default` (or kube-system in the new form), all others with the object. */
function validateEventNamespace(event: Event, errors: FieldErrors): void {
  const own = event.metadata?.namespace ?? ''
  const involved = event.involvedObject?.namespace ?? ''
  const homes = event.eventTime ? ['default', 'kube-system'] : ['', 'default']
  const fits = involved === '' ? homes.includes(own) : event.eventTime !== undefined || own === involved
  if (!fits) errors.invalid('involvedObject.namespace', involved, 'does not match event.namespace')
}

function validateNewForm(event: Event, errors: FieldErrors): void {
  const { reportingComponent = '', reportingInstance = '', action = '', reason = '', message = '' } = event
  if (reportingComponent === '') errors.required('reportingComponent')
  validateQualifiedName(reportingComponent, 'reportingComponent', errors)
  for (const [field, value] of Object.entries({ reportingInstance, action, reason })) {
    if (value === '') errors.required(field)
    if (value.length > 128) errors.invalid(field, '', 'can have at most 128 characters')
  }
  if (message.length > 1024) errors.invalid('message', '', 'can have at most 1024 characters')
}
