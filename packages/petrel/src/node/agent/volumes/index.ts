export type { PayloadSources } from './payload.ts'
export { PodVolumes } from './pod-volumes.ts'
export { ServiceAccountTokens } from './service-account-tokens.ts'
