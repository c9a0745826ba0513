export { ContainerProbes } from './container-probes.ts'
export { type ProbeRunner, passingProbes, portOf, probeRunner } from './run-probe.ts'
