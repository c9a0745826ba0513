export { type Clock, sleep, systemClock, type Timer, toMicroTime, toTime } from './clock.ts'
export { FakeClock } from './fake-clock.ts'
export { Lifetime } from './lifetime.ts'
export { createLogger, type Fields, type Level, type Logger, type LogOptions, silentLogger } from './log.ts'
export { machineAddress } from './machine-address.ts'
export {
  type CertificateRequest,
  type Identity,
  type IdentityName,
  type KubeconfigOptions,
  kubeconfig,
  openPki,
  type Pki,
  type PkiOptions,
} from './pki/index.ts'
export { type Rng, randomSuffix, seededRng, systemRng } from './rng.ts'
