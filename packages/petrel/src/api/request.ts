/**
 * One call of the API after authentication, and what comes of it. The HTTP front makes requests from bytes and turns
 * results into bytes; the in-process client passes objects and takes objects, and pays for no encoding.
 */

import type { Duplex, Readable } from 'node:stream'
import type { Kind, KubeObject, ObjectList } from '@petrel/machinery/kinds'
import type { Status } from '@petrel/machinery/status'
import type { Entry } from '../store/index.ts'
import type { UserInfo } from './contract.ts'
import type { ServedKind } from './registry/kind-table.ts'
import type { WatchStream } from './registry/watch-stream.ts'
import type { RequestInfo } from './request-info.ts'

/** Bytes as they came, with their media type; or an object that nobody else changes while the call runs. */
export type RequestBody =
  | { readonly bytes: Uint8Array; readonly mediaType: string }
  | { readonly object: unknown; readonly mediaType?: string }

export interface ApiRequest {
  readonly method: string
  readonly info: RequestInfo
  readonly query: URLSearchParams
  readonly user: UserInfo
  readonly body?: RequestBody | undefined
  /** Lower-case names. Empty in process. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The Accept header; undefined in process, where objects are handed over. */
  readonly accept?: string | undefined
  /** Aborted when the caller has gone or its time is up. */
  readonly signal: AbortSignal
  /** One `Warning: 299` header each. */
  warn(message: string): void
  /** The body as it comes, for what is passed on; undefined in process and where `body` was read. */
  stream?(): Readable
  /** The connection's upgrade, where the client asked for one: log, exec, attach, port-forward, proxy, watch. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Uint8Array }
}

/** One object. `entry` is there when it is what the store holds, whose bytes can be written as they are. */
export interface ObjectResult {
  readonly type: 'object'
  readonly code: number
  readonly kind: Kind
  /** There with `entry`: how the entry is read. */
  readonly served?: ServedKind
  readonly entry: Entry | undefined
  /** Frozen, with apiVersion and kind. */
  object(): KubeObject
}

/** A consistent cut of a collection, as the store's entries. */
export interface ListResult {
  readonly type: 'list'
  readonly kind: Kind
  readonly served: ServedKind
  readonly entries: readonly Entry[]
  readonly metadata: ObjectList['metadata']
  /** Frozen. */
  objects(): KubeObject[]
}

export interface WatchResult {
  readonly type: 'watch'
  readonly kind: Kind
  readonly served: ServedKind
  readonly stream: WatchStream
}

/** The reply to a delete that left nothing to show. */
export interface StatusResult {
  readonly type: 'status'
  readonly status: Status
}

/** Anything that is not an API object: discovery, health, metrics. */
export interface RawResult {
  readonly type: 'raw'
  readonly code: number
  readonly mediaType: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** The answer of somebody else, passed through: a pod's log, a proxied response. */
export interface StreamResult {
  readonly type: 'stream'
  readonly code: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: AsyncIterable<Uint8Array>
}

/** The connection was taken over: nothing more to answer. */
export interface UpgradedResult {
  readonly type: 'upgraded'
}

export type ApiResult =
  | ObjectResult
  | ListResult
  | WatchResult
  | StatusResult
  | RawResult
  | StreamResult
  | UpgradedResult
