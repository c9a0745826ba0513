/** A Client of any Kubernetes API server, over HTTP and in JSON. */
import type { KubeObject, ObjectList, Resource } from '@petrel/machinery/kinds'
import { type Status, StatusError } from '@petrel/machinery/status'
import { type Clock, type Rng, systemClock, systemRng } from '../base/index.ts'
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
import { freeze } from './draft.ts'
import { HttpTransport } from './http-transport.ts'
import { jsonLines } from './json-lines.ts'
import type { ClientConfig } from './kubeconfig.ts'
import { apiVersionOf } from './object-key.ts'
import { deleteBody, patchMediaTypes, typed } from './request-body.ts'
import { collectionPath, listQuery, objectPath, query, watchQuery, writeQuery } from './resource-path.ts'

export interface HttpClientOptions {
  readonly userAgent?: string
  /** For a whole answer. 60 s when undefined. */
  readonly timeoutMs?: number
  /** HTTP/2 where the server offers it: one connection for all watches. Default true. */
  readonly http2?: boolean
  readonly connections?: number
  readonly clock?: Clock
  readonly rng?: Rng
}

export interface HttpClient extends Client {
  /** Ends all connections, watches included. */
  close(): Promise<void>
}

/** Objects may have 3 MiB; a watch event says a little more. */
const maxEventBytes = 16 * 1024 * 1024

const metadataAccept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'
const metadataListAccept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'

export function httpClient(config: ClientConfig, options: HttpClientOptions = {}): HttpClient {
  const {
    userAgent = 'petrel',
    timeoutMs = 60_000,
    http2 = true,
    connections = 32,
    clock = systemClock,
    rng = systemRng,
  } = options
  return new OverHttp(new HttpTransport(config, { clock, rng, userAgent, timeoutMs, http2, connections }))
}

class OverHttp implements HttpClient {
  readonly #transport: HttpTransport

  constructor(transport: HttpTransport) {
    this.#transport = transport
  }

  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, options: GetOptions = {}): Promise<T> {
    const path = `${objectPath(resource, key)}${query({ resourceVersion: options.resourceVersion })}`
    return this.#send<T>('GET', path, { ...(options.metadataOnly && { accept: metadataAccept }) })
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const path = `${collectionPath(resource, options.namespace)}${listQuery(options)}`
    const list = (await this.#transport.send({
      method: 'GET',
      path,
      signal: options.signal,
      ...(options.metadataOnly && { accept: metadataListAccept }),
    })) as ObjectList<T>
    // Lists leave out what every item has in common; loops read objects one by one and want it there.
    const apiVersion = apiVersionOf(resource)
    const items = (list.items ?? []).map(item =>
      item.kind === resource.kind ? item : { ...item, apiVersion, kind: resource.kind },
    )
    return freeze({ ...list, metadata: list.metadata ?? {}, items })
  }

  async *watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    const path = `${collectionPath(resource, options.namespace)}${watchQuery(options)}`
    const accept = options.metadataOnly ? metadataAccept : 'application/json'
    const apiVersion = apiVersionOf(resource)
    try {
      const chunks = await this.#transport.stream({ method: 'GET', path, accept, signal: options.signal })
      for await (const line of jsonLines(chunks, maxEventBytes)) {
        const event = line as { type: string; object: T }
        if (event.type === 'ERROR') throw new StatusError(event.object as unknown as Status)
        if (event.type === 'BOOKMARK') {
          const { resourceVersion = '', annotations } = event.object.metadata ?? {}
          yield {
            type: 'BOOKMARK',
            resourceVersion,
            initialEventsEnd: annotations?.['k8s.io/initial-events-end'] === 'true',
          }
        } else if (event.type === 'ADDED' || event.type === 'MODIFIED' || event.type === 'DELETED') {
          const object =
            event.object.kind === resource.kind ? event.object : { ...event.object, apiVersion, kind: resource.kind }
          yield { type: event.type, object: freeze(object) }
        }
      }
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason
      throw error
    }
  }

  create<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const path = `${collectionPath(resource, object.metadata?.namespace)}${writeQuery(options)}`
    return this.#send<T>('POST', path, { body: typed(resource, object) })
  }

  createSubresource<R>(
    resource: Resource,
    key: ObjectKey,
    subresource: string,
    body: unknown,
    options: WriteOptions = {},
  ): Promise<R> {
    return this.#send<R>('POST', `${objectPath(resource, key, subresource)}${writeQuery(options)}`, { body })
  }

  update<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const key = { namespace: object.metadata?.namespace, name: object.metadata?.name ?? '' }
    const path = `${objectPath(resource, key, options.subresource)}${writeQuery(options)}`
    return this.#send<T>('PUT', path, { body: typed(resource, object) })
  }

  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    type: PatchType,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = `${objectPath(resource, key, options.subresource)}${writeQuery(options)}`
    return this.#send<T>('PATCH', path, { body: patch, contentType: patchMediaTypes[type] })
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<void> {
    await this.#send('DELETE', objectPath(resource, key), { body: deleteBody(options) })
  }

  async deleteCollection(resource: Resource, options: ListOptions & DeleteOptions = {}): Promise<void> {
    const path = `${collectionPath(resource, options.namespace)}${listQuery(options)}`
    await this.#send('DELETE', path, { body: deleteBody(options) })
  }

  raw(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.#send(method, path, { body })
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  async #send<R>(
    method: string,
    path: string,
    rest: { body?: unknown; contentType?: string; accept?: string },
  ): Promise<R> {
    const { body, ...headers } = rest
    const answer = await this.#transport.send({
      method,
      path,
      ...headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return freeze(answer) as R
  }
}
