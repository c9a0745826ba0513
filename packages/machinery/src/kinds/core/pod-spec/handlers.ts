/** Probes and lifecycle hooks: exactly one handler each, and numbers that make sense. */
import type { Lifecycle, LifecycleHandler, Probe } from '../../../api/core-v1.gen.ts'
import { httpHeaderNameFaults } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { invalidEach, validateNonNegativeField, validatePortNumber, validatePortNumberOrName } from '../field-rules.ts'
import { validateStopSignal } from './stop-signals.ts'

type ProbeKind = 'livenessProbe' | 'readinessProbe' | 'startupProbe'
type Handler = LifecycleHandler & Pick<Probe, 'grpc'>

export function validateProbe(probe: Probe | undefined, kind: ProbeKind, path: string, errors: FieldErrors): void {
  if (!probe) return
  validateHandler(probe, undefined, path, errors)
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    validateNonNegativeField(probe[field], `${path}.${field}`, errors)
  }
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && grace <= 0) {
    errors.invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')
  }
  if (kind === 'readinessProbe') {
    if (grace !== undefined) {
      errors.invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes')
    }
  } else if ((probe.successThreshold ?? 0) !== 1) {
    errors.invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1')
  }
}

export function validateLifecycle(
  lifecycle: Lifecycle,
  gracePeriodSeconds: number | undefined,
  os: string | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (lifecycle.postStart) validateHandler(lifecycle.postStart, gracePeriodSeconds, `${path}.postStart`, errors)
  if (lifecycle.preStop) validateHandler(lifecycle.preStop, gracePeriodSeconds, `${path}.preStop`, errors)
  if (lifecycle.stopSignal !== undefined) validateStopSignal(lifecycle.stopSignal, os, `${path}.stopSignal`, errors)
}

function validateHandler(
  handler: Handler,
  gracePeriodSeconds: number | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const given = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter(kind => handler[kind])
  const [first, ...others] = given
  if (first === undefined) {
    errors.required(path, 'must specify a handler type')
    return
  }
  validateAction(handler, first, gracePeriodSeconds, `${path}.${first}`, errors)
  for (const other of others) errors.forbidden(`${path}.${other}`, 'may not specify more than 1 handler type')
}

function validateAction(
  handler: Handler,
  kind: keyof Handler,
  gracePeriodSeconds: number | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  if (kind === 'exec' && !exec?.command?.length) errors.required(`${path}.command`)
  if (kind === 'tcpSocket' && tcpSocket) validatePortNumberOrName(tcpSocket.port, `${path}.port`, errors)
  if (kind === 'grpc' && grpc) validatePortNumber(grpc.port ?? 0, `${path}.port`, errors)
  if (kind === 'sleep' && sleep && gracePeriodSeconds !== undefined) {
    if (sleep.seconds < 0 || sleep.seconds > gracePeriodSeconds) {
      const rule = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`
      errors.invalid(path, sleep.seconds, rule)
    }
  }
  if (kind !== 'httpGet' || !httpGet) return
  if (!httpGet.path) errors.required(`${path}.path`)
  validatePortNumberOrName(httpGet.port, `${path}.port`, errors)
  const scheme = httpGet.scheme ?? ''
  if (scheme !== 'HTTP' && scheme !== 'HTTPS') errors.notSupported(`${path}.scheme`, scheme, ['HTTP', 'HTTPS'])
  for (const header of httpGet.httpHeaders ?? []) {
    invalidEach(httpHeaderNameFaults(header.name), header.name, `${path}.httpHeaders`, errors)
  }
}
