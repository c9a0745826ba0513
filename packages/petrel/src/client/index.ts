export { Backoff, type BackoffOptions } from './backoff.ts'
export type {
  Client,
  DeleteOptions,
  GetOptions,
  ListOptions,
  ObjectKey,
  PatchType,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './contract.ts'
export { type Discovered, type DiscoveredResource, discoverResources, splitGroupVersion } from './discover.ts'
export { draft, sameJson } from './draft.ts'
export {
  type EventRecorder,
  type EventRecorderOptions,
  type EventReference,
  EventSink,
} from './event-recorder.ts'
export { Expectations } from './expectations.ts'
export { type HttpClient, type HttpClientOptions, httpClient } from './http-client.ts'
export type { IndexFunction } from './indexed-cache.ts'
export type { Handler, Informer, Registration } from './informer.ts'
export { createInformers, type InformerScope, type Informers, type InformersOptions } from './informers.ts'
export { type ClientConfig, type KubeconfigSource, loadKubeconfig } from './kubeconfig.ts'
export { type LeaderElectionOptions, lead } from './leader-election.ts'
export { type LocalClientOptions, type LocalHandler, localClient } from './local-client.ts'
export { apiVersionOf, keyOf, parseKey } from './object-key.ts'
export { Bucket, type RetryDelayOptions, type RetryDelays } from './retry-delays.ts'
export { WorkQueue, type WorkQueueOptions } from './work-queue.ts'
