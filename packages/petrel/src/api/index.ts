export * from './admission/index.ts'
export * from './authn/index.ts'
export * from './authz/index.ts'
export * from './bootstrap/index.ts'
export type {
  AdmissionPlugin,
  AdmissionRequest,
  Attributes,
  Authenticator,
  Authorizer,
  Credentials,
  Decision,
  ObjectReader,
  Operation,
  UserInfo,
} from './contract.ts'
export type { HealthChecks } from './health/checks.ts'
export type { Listener, ListenOptions, TlsOptions } from './http/listen.ts'
export type { Loopback } from './loopback.ts'
export type { NodeDialer } from './node-dialer.ts'
export type { WatchItem } from './registry/change.ts'
export type { WatchSink, WatchStream } from './registry/watch-stream.ts'
export type {
  ApiRequest,
  ApiResult,
  ListResult,
  ObjectResult,
  RawResult,
  RequestBody,
  StatusResult,
  StreamResult,
  WatchResult,
} from './request.ts'
export { parseRequestInfo, type RequestInfo } from './request-info.ts'
export { type ApiServer, type ApiServerOptions, createApiServer, type Security } from './server.ts'
export type { ServiceRanges } from './services/allocator.ts'
export type { ServerAddress } from './services/kubernetes-service.ts'
