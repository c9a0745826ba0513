/** Answers discovery paths, in the form the client asks for; documents are made once per state of the kind table. */
import { createHash } from 'node:crypto'
import { parseAccept } from '../negotiate/media-type.ts'
import type { KindTable } from '../registry/kind-table.ts'
import type { ApiRequest, RawResult } from '../request.ts'
import { aggregated } from './aggregated.ts'
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './legacy.ts'

interface Document {
  readonly mediaType: string
  readonly body: Buffer
  readonly etag: string | undefined
}

export interface Discovery {
  /** Undefined for a path that is not discovery's, or names what is not served. */
  answer(request: ApiRequest): RawResult | undefined
}

export function discovery(table: KindTable, serverAddress: () => string): Discovery {
  const documents = new Map<string, Document | undefined>()
  let generation = table.generation
  return {
    answer(request) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
      const parts = request.info.path.split('/').filter(part => part !== '')
      if ((parts[0] !== 'api' && parts[0] !== 'apis') || parts.length > 3) return undefined
      if (generation !== table.generation) {
        documents.clear()
        generation = table.generation
      }
      const form = parts.length === 1 ? aggregatedForm(request.accept) : undefined
      const key = `${parts.join('/')} ${form ?? ''}`
      // A path that leads nowhere is not remembered: there are too many of them.
      const document = documents.get(key) ?? make(table, parts, form, serverAddress)
      if (!document) return undefined
      documents.set(key, document)
      return reply(request, document)
    },
  }
}

function make(
  table: KindTable,
  parts: readonly string[],
  form: 'v2' | 'v2beta1' | undefined,
  serverAddress: () => string,
): Document | undefined {
  const [root, group = '', version = ''] = parts
  if (form) {
    const body = Buffer.from(`${JSON.stringify(aggregated(table, root === 'api', form))}\n`)
    const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`
    return { mediaType: `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`, body, etag }
  }
  let value: unknown
  if (root === 'api') {
    if (parts.length === 1) value = apiVersions(serverAddress())
    else if (parts.length === 2) value = apiResourceList(table, '', group)
  } else if (parts.length === 1) value = apiGroupList(table)
  else if (parts.length === 2) value = apiGroup(table, group)
  else value = apiResourceList(table, group, version)
  return value === undefined
    ? undefined
    : { mediaType: 'application/json', body: Buffer.from(JSON.stringify(value)), etag: undefined }
}

function reply(request: ApiRequest, { mediaType, body, etag }: Document): RawResult {
  const headers: Record<string, string> = { vary: 'Accept' }
  if (etag !== undefined) {
    headers['etag'] = etag
    headers['cache-control'] = 'public'
    if (request.headers['if-none-match'] === etag) return { type: 'raw', code: 304, mediaType, body: '', headers }
  }
  return { type: 'raw', code: 200, mediaType, body, headers }
}

/** The aggregated form where a clause of the Accept header asks for it before it asks for plain JSON. */
function aggregatedForm(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const { type, parameters } of parseAccept(accept ?? '')) {
    if (type !== 'application/json' && type !== '*/*') continue
    if (parameters['as'] === undefined) return undefined
    if (parameters['as'] !== 'APIGroupDiscoveryList' || parameters['g'] !== 'apidiscovery.k8s.io') continue
    if (parameters['v'] === 'v2' || parameters['v'] === 'v2beta1') return parameters['v']
  }
  return undefined
}
