/** Ports of containers: names, numbers, protocols, and no port of the host twice. */
import type { Container, ContainerPort } from '../../../api/core-v1.gen.ts'
import { portNameFaults } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { invalidEach, protocols, validateChoice, validatePortNumber } from '../field-rules.ts'

export function validateContainerPorts(
  ports: readonly ContainerPort[] | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (!ports) return
  const names = new Set<string>()
  for (const [i, port] of ports.entries()) {
    const at = `${path}[${i}]`
    if (port.name) {
      const faults = portNameFaults(port.name)
      if (faults.length > 0) invalidEach(faults, port.name, `${at}.name`, errors)
      else if (names.has(port.name)) errors.duplicate(`${at}.name`, port.name)
      else names.add(port.name)
    }
    if (!port.containerPort) errors.required(`${at}.containerPort`)
    else validatePortNumber(port.containerPort, `${at}.containerPort`, errors)
    if (port.hostPort) validatePortNumber(port.hostPort, `${at}.hostPort`, errors)
    validateChoice(port.protocol, protocols, `${at}.protocol`, errors)
  }
}

/** A port of the host can be had once per address and protocol. */
export function validateHostPortsOnce(containers: readonly Container[], path: string, errors: FieldErrors): void {
  const seen = new Set<string>()
  for (const [c, container] of containers.entries()) {
    for (const [p, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue
      const key = `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort}`
      if (seen.has(key)) errors.duplicate(`${path}[${c}].ports[${p}].hostPort`, key)
      seen.add(key)
    }
  }
}

/** On the host's network the two numbers are one; templates may leave the host's out. */
export function validateHostNetworkPorts(
  containers: readonly Container[],
  isPod: boolean,
  path: string,
  errors: FieldErrors,
): void {
  for (const [c, container] of containers.entries()) {
    for (const [p, port] of (container.ports ?? []).entries()) {
      const hostPort = port.hostPort ?? 0
      if ((isPod || hostPort !== 0) && hostPort !== port.containerPort) {
        const rule = 'must match `containerPort` when `hostNetwork` is true'
        errors.invalid(`${path}[${c}].ports[${p}].hostPort`, hostPort, rule)
      }
    }
  }
}
