/** What the HTTP front counts, under upstream's names (k8s.io/apiserver/pkg/endpoints/metrics). */
import type { RequestInfo } from '../request-info.ts'
import type { Metrics } from './metrics.ts'

export interface HttpMetrics {
  started(info: RequestInfo): void
  finished(info: RequestInfo, method: string, code: number, seconds: number, counted: boolean): void
  slowWatcher(): void
}

const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]

export function httpMetrics(metrics: Metrics): HttpMetrics {
  const requests = metrics.counter(
    'apiserver_request_total',
    'Requests answered, by verb, group, version, resource, scope, component and HTTP code.',
    ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component', 'code'],
  )
  const durations = metrics.histogram(
    'apiserver_request_duration_seconds',
    'Time to answer a request, in seconds.',
    ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
    durationBuckets,
  )
  const inFlight = metrics.gauge('apiserver_current_inflight_requests', 'Requests under way, by kind.', [
    'request_kind',
  ])
  const cut = metrics.counter('apiserver_terminated_watchers_total', 'Watchers cut because they did not read.', [])
  return {
    started(info) {
      inFlight.add([isMutating(info) ? 'mutating' : 'readOnly'], 1)
    },
    finished(info, method, code, seconds, counted) {
      if (counted) inFlight.add([isMutating(info) ? 'mutating' : 'readOnly'], -1)
      const verb = info.resourceRequest ? metricVerb(info.verb) : method
      const labels = [verb, '', info.group, info.version, info.resource, info.subresource, scopeOf(info), 'apiserver']
      requests.add([...labels, String(code)], 1)
      if (counted) durations.observe(labels, seconds)
    },
    slowWatcher: () => cut.add([], 1),
  }
}

const verbs: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
}

function metricVerb(verb: string): string {
  return verbs[verb] ?? 'OTHER'
}

function isMutating(info: RequestInfo): boolean {
  return !(info.verb === 'get' || info.verb === 'list' || info.verb === 'watch' || info.verb === 'head')
}

function scopeOf(info: RequestInfo): string {
  if (!info.resourceRequest) return ''
  if (info.name !== '') return 'resource'
  return info.namespace !== '' ? 'namespace' : 'cluster'
}
