/**
 * Defaults of pods and pod templates: pkg/apis/core/v1/defaults.go and zz_generated.defaults.go, except that fields of
 * volume drivers which nobody serves any more are in volume-defaults.ts. Everything is filled in place.
 */
import type {
  Container,
  EphemeralContainer,
  HTTPGetAction,
  Lifecycle,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
} from '../../../api/core-v1.gen.ts'
import { canonicalizeAmounts } from '../resource-amounts.ts'
import { defaultPullPolicy } from './image-tag.ts'
import { setPodLevelResourceDefaults } from './pod-level-resources.ts'
import { setVolumeDefaults } from './volume-defaults.ts'

/** What every pod spec gets, in pods and in templates. */
export function setPodSpecDefaults(spec: PodSpec): void {
  setServiceAccountAlias(spec)
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ||= 'default-scheduler'
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume)
  for (const container of spec.initContainers ?? []) setContainerDefaults(container)
  for (const container of spec.containers ?? []) setContainerDefaults(container)
  for (const container of spec.ephemeralContainers ?? []) setContainerDefaults(container)
  canonicalizeAmounts(spec.overhead)
  canonicalizeAmounts(spec.resources?.limits)
  canonicalizeAmounts(spec.resources?.requests)
}

/** What only pods themselves get: templates stay as they were written (#69445 upstream). */
export function setPodDefaults(pod: Pod): void {
  // A struct in Go, no pointer: always there.
  pod.spec ??= { containers: [] }
  const { spec } = pod
  setPodSpecDefaults(spec)
  if (spec.hostNetwork) setHostPorts(spec)
  for (const container of spec.containers ?? []) setRequestsFromLimits(container)
  for (const container of spec.initContainers ?? []) setRequestsFromLimits(container)
  setPodLevelResourceDefaults(spec)
  spec.enableServiceLinks ??= true
}

/** A template without a spec is left to validation. */
export function setPodTemplateDefaults(template: PodTemplateSpec | undefined): void {
  if (!template) return
  // A struct in Go, no pointer: always there.
  template.metadata ??= {}
  if (template.spec) setPodSpecDefaults(template.spec)
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are served, and the newer one wins. */
function setServiceAccountAlias(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount
  if (!name) return
  spec.serviceAccountName = name
  spec.serviceAccount = name
}

function setContainerDefaults(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image)
  container.terminationMessagePath ||= '/dev/termination-log'
  container.terminationMessagePolicy ||= 'File'
  container.resources ??= {}
  canonicalizeAmounts(container.resources.limits)
  canonicalizeAmounts(container.resources.requests)
  for (const port of container.ports ?? []) port.protocol ||= 'TCP'
  for (const variable of container.env ?? []) {
    const from = variable.valueFrom
    if (from?.fieldRef) from.fieldRef.apiVersion ||= 'v1'
    if (from?.resourceFieldRef) from.resourceFieldRef.divisor ??= '0'
    if (from?.fileKeyRef) from.fileKeyRef.optional ??= false
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) setProbeDefaults(probe)
  }
  if (container.lifecycle) setLifecycleDefaults(container.lifecycle)
}

function setProbeDefaults(probe: Probe): void {
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  if (probe.httpGet) setHttpGetDefaults(probe.httpGet)
  if (probe.grpc) probe.grpc.service ??= ''
}

function setLifecycleDefaults(lifecycle: Lifecycle): void {
  if (lifecycle.postStart?.httpGet) setHttpGetDefaults(lifecycle.postStart.httpGet)
  if (lifecycle.preStop?.httpGet) setHttpGetDefaults(lifecycle.preStop.httpGet)
}

function setHttpGetDefaults(action: HTTPGetAction): void {
  action.path ||= '/'
  action.scheme ||= 'HTTP'
}

/** On the host's network a container's port is the host's. */
function setHostPorts(spec: PodSpec): void {
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort
  }
}

function setRequestsFromLimits(container: Container): void {
  const limits = container.resources?.limits
  if (!container.resources || !limits) return
  container.resources.requests = { ...limits, ...container.resources.requests }
}
