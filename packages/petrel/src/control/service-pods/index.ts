/** How pods stand behind a Service: which services select a pod, what a port of it is, and whether it is ready. */
export { addressFor, podHostname, podTargetRef } from './pod-address.ts'
export { resolvePort } from './resolve-port.ts'
export { changesEndpoints, podsOf, servicesOf } from './service-selection.ts'
