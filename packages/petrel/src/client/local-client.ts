/**
 * A Client that calls the API server's handler chain in the same process: the same checks as over HTTP, objects instead
 * of bytes. What it returns is what the server holds, frozen and shared.
 */
import type { KubeObject, ObjectList, Resource } from '@petrel/machinery/kinds'
import { StatusError } from '@petrel/machinery/status'
import type { ApiRequest, ApiResult, RequestInfo, UserInfo, WatchStream } from '../api/index.ts'
import type {
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
import { deleteBody, patchMediaTypes, typed } from './request-body.ts'
import { collectionPath, listQuery, objectPath, query, watchQuery, writeQuery } from './resource-path.ts'
import { WatchBuffer } from './watch-buffer.ts'

/** The API server's chain after authentication. */
export type LocalHandler = (request: ApiRequest) => Promise<ApiResult>

export interface LocalClientOptions {
  /** Receives the server's warnings; dropped when undefined. */
  readonly warn?: (message: string) => void
}

/** A client that acts as `user`. */
export function localClient(handler: LocalHandler, user: UserInfo, options: LocalClientOptions = {}): Client {
  return new InProcess(handler, user, options.warn ?? (() => undefined))
}

interface Call {
  readonly method: string
  readonly verb: string
  readonly resource: Resource
  readonly namespace?: string | undefined
  readonly name?: string
  readonly subresource?: string | undefined
  /** From `?` on, or empty. */
  readonly query?: string
  readonly body?: unknown
  readonly mediaType?: string
  readonly signal?: AbortSignal | undefined
}

const never = new AbortController().signal
const noHeaders = Object.freeze({})
const noQuery = new URLSearchParams()

class InProcess implements Client {
  readonly #handler: LocalHandler
  readonly #user: UserInfo
  readonly #warn: (message: string) => void

  constructor(handler: LocalHandler, user: UserInfo, warn: (message: string) => void) {
    this.#handler = handler
    this.#user = user
    this.#warn = warn
  }

  async get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, options: GetOptions = {}): Promise<T> {
    const search = query({ resourceVersion: options.resourceVersion })
    return this.#object(await this.#call({ method: 'GET', verb: 'get', resource, ...key, query: search }))
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const { namespace, signal } = options
    const result = await this.#call({
      method: 'GET',
      verb: 'list',
      resource,
      namespace,
      query: listQuery(options),
      signal,
    })
    if (result.type !== 'list') throw unexpected('list', result)
    // The server holds objects of one kind under one plural.
    return { metadata: result.metadata, items: result.objects() as T[] }
  }

  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions = {}): AsyncIterable<WatchEvent<T>> {
    const { namespace, signal } = options
    const opening = async (): Promise<WatchStream> => {
      const result = await this.#call({
        method: 'GET',
        verb: 'watch',
        resource,
        namespace,
        query: watchQuery(options),
        signal,
      })
      if (result.type !== 'watch') throw unexpected('watch', result)
      return result.stream
    }
    return new WatchBuffer<T>(opening, signal).events()
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace } = object.metadata ?? {}
    const body = typed(resource, object)
    return this.#object(
      await this.#call({ method: 'POST', verb: 'create', resource, namespace, query: writeQuery(options), body }),
    )
  }

  async createSubresource<R>(
    resource: Resource,
    key: ObjectKey,
    subresource: string,
    body: unknown,
    options: WriteOptions = {},
  ): Promise<R> {
    const result = await this.#call({
      method: 'POST',
      verb: 'create',
      resource,
      ...key,
      subresource,
      query: writeQuery(options),
      body,
    })
    // Bindings and evictions answer with a Status.
    return result.type === 'status' ? (result.status as R) : this.#object(result)
  }

  async update<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name = '' } = object.metadata ?? {}
    const { subresource } = options
    const body = typed(resource, object)
    return this.#object(
      await this.#call({
        method: 'PUT',
        verb: 'update',
        resource,
        namespace,
        name,
        subresource,
        query: writeQuery(options),
        body,
      }),
    )
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    type: PatchType,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    const { subresource } = options
    const mediaType = patchMediaTypes[type]
    return this.#object(
      await this.#call({
        method: 'PATCH',
        verb: 'patch',
        resource,
        ...key,
        subresource,
        query: writeQuery(options),
        body: patch,
        mediaType,
      }),
    )
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<void> {
    await this.#call({ method: 'DELETE', verb: 'delete', resource, ...key, body: deleteBody(options) })
  }

  async deleteCollection(resource: Resource, options: ListOptions & DeleteOptions = {}): Promise<void> {
    const { namespace } = options
    await this.#call({
      method: 'DELETE',
      verb: 'deletecollection',
      resource,
      namespace,
      query: listQuery(options),
      body: deleteBody(options),
    })
  }

  async raw(method: string, path: string, body?: unknown): Promise<unknown> {
    // Loaded already where this client is of use; others shall not load the server for it.
    const { parseRequestInfo } = await import('../api/index.ts')
    const url = new URL(path, 'http://in-process')
    const info = parseRequestInfo(method, decodeURIComponent(url.pathname), url.searchParams)
    const result = await this.#send(method, info, url.searchParams, body, undefined, never)
    switch (result.type) {
      case 'object':
        return result.object()
      case 'list':
        return { metadata: result.metadata, items: result.objects() }
      case 'status':
        return result.status
      case 'raw': {
        const text = typeof result.body === 'string' ? result.body : Buffer.from(result.body).toString('utf8')
        return result.mediaType.includes('json') ? JSON.parse(text) : text
      }
      case 'stream': {
        const chunks: Uint8Array[] = []
        for await (const chunk of result.body) chunks.push(chunk)
        return Buffer.concat(chunks).toString('utf8')
      }
      default:
        throw unexpected(`${method} ${path}`, result)
    }
  }

  #call(call: Call): Promise<ApiResult> {
    const { method, verb, resource, name = '', subresource = '', body, mediaType, signal = never } = call
    const namespace = resource.namespaced ? (call.namespace ?? '') : ''
    const path =
      name === '' ? collectionPath(resource, namespace) : objectPath(resource, { namespace, name }, subresource)
    const { group, version, plural } = resource
    const info: RequestInfo = {
      resourceRequest: true,
      path,
      verb,
      group,
      version,
      namespace,
      resource: plural,
      subresource,
      name,
      rest: '',
    }
    return this.#send(method, info, call.query ? new URLSearchParams(call.query) : noQuery, body, mediaType, signal)
  }

  async #send(
    method: string,
    info: RequestInfo,
    search: URLSearchParams,
    body: unknown,
    mediaType: string | undefined,
    signal: AbortSignal,
  ): Promise<ApiResult> {
    signal.throwIfAborted()
    try {
      return await this.#handler({
        method,
        info,
        query: search,
        user: this.#user,
        headers: noHeaders,
        signal,
        warn: this.#warn,
        ...(body !== undefined && { body: { object: body, ...(mediaType !== undefined && { mediaType }) } }),
      })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw StatusError.from(error)
    }
  }

  /** The one object of an answer; the caller knows its type by the resource it asked. */
  #object<T>(result: ApiResult): T {
    if (result.type !== 'object') throw unexpected('object', result)
    return result.object() as T
  }
}

function unexpected(wanted: string, result: ApiResult): TypeError {
  return new TypeError(`Cannot take the answer of the API server: wanted ${wanted}, got ${result.type}`)
}
