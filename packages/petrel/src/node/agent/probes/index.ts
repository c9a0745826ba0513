export { ContainerProbes } from './container-probes.ts'
export { type ProbeRunner, passingProbes, probeRunner } from './run-probe.ts'
