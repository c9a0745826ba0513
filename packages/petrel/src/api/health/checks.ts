/**
 * `/healthz`, `/livez`, `/readyz`: named checks, the text exactly as k8s.io/apiserver/pkg/server/healthz prints it, one
 * check by path, `?exclude=`, `?verbose`. A check says why it fails to the log, to clients only that it does.
 */
import type { Logger } from '../../base/index.ts'
import type { ApiRequest, RawResult } from '../request.ts'

/** Undefined when all is well; otherwise a sentence. */
type Check = () => string | undefined

export interface HealthChecks {
  /** `live` checks count for /livez and /healthz as well as for /readyz. */
  add(name: string, kind: 'live' | 'ready', check: Check): { remove(): void }
  /** Answers the three paths and those below; undefined for others. */
  answer(request: ApiRequest): RawResult | undefined
  /** Everything it answers. */
  paths(): string[]
}

interface Named {
  readonly name: string
  readonly kind: 'live' | 'ready'
  readonly check: Check
}

const endpoints: Readonly<Record<string, 'live' | 'ready'>> = { healthz: 'live', livez: 'live', readyz: 'ready' }

export function healthChecks(log: Logger): HealthChecks {
  const checks: Named[] = [{ name: 'ping', kind: 'live', check: () => undefined }]
  return {
    add(name, kind, check) {
      const named = { name, kind, check }
      checks.push(named)
      return {
        remove() {
          const at = checks.indexOf(named)
          if (at >= 0) checks.splice(at, 1)
        },
      }
    },
    paths() {
      return Object.entries(endpoints).flatMap(([endpoint, kind]) => [
        `/${endpoint}`,
        ...checks.filter(check => kind === 'ready' || check.kind === 'live').map(({ name }) => `/${endpoint}/${name}`),
      ])
    },
    answer(request) {
      const [, endpoint = '', ...rest] = request.info.path.split('/')
      const kind = Object.hasOwn(endpoints, endpoint) ? endpoints[endpoint] : undefined
      if (!kind || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined
      const due = checks.filter(check => kind === 'ready' || check.kind === 'live')
      const name = rest.join('/')
      if (name === '') return all(endpoint, due, request, log)
      const one = due.find(check => check.name === name)
      return one && single(endpoint, one, log)
    },
  }
}

function all(endpoint: string, checks: readonly Named[], request: ApiRequest, log: Logger): RawResult {
  const excluded = new Set(request.query.getAll('exclude'))
  let lines = ''
  const failed: string[] = []
  for (const { name, check } of checks) {
    if (excluded.delete(name)) {
      lines += `[+]${name} excluded: ok\n`
      continue
    }
    const problem = check()
    if (problem === undefined) lines += `[+]${name} ok\n`
    else {
      failed.push(name)
      log.warn('Health check failed', { endpoint, check: name, err: problem })
      lines += `[-]${name} failed: reason withheld\n`
    }
  }
  if (excluded.size > 0) {
    const names = [...excluded].map(name => JSON.stringify(name)).join(',')
    lines += `warn: some health checks cannot be excluded: no matches for ${names}\n`
  }
  if (failed.length > 0) return text(500, `${lines}${endpoint} check failed\n`)
  return request.query.has('verbose') ? text(200, `${lines}${endpoint} check passed\n`) : text(200, 'ok')
}

function single(endpoint: string, { name, check }: Named, log: Logger): RawResult {
  const problem = check()
  if (problem === undefined) return text(200, 'ok')
  log.warn('Health check failed', { endpoint, check: name, err: problem })
  return text(500, `internal server error: ${problem}\n`)
}

function text(code: number, body: string): RawResult {
  return {
    type: 'raw',
    code,
    mediaType: 'text/plain; charset=utf-8',
    body,
    headers: { 'x-content-type-options': 'nosniff' },
  }
}
