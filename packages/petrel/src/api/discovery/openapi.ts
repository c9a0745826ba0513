/**
 * `/openapi/v3`, its index with a hash per document, one document a group version, and `/openapi/v2`. Made when first
 * asked for, kept until the kinds change: they are large, and most servers are never asked for most of them.
 */
import { createHash } from 'node:crypto'
import type { Kind } from '@petrel/machinery/kinds'
import type { AllDocs } from '@petrel/machinery/openapi'
import { notAcceptable } from '@petrel/machinery/status'
import { parseAccept } from '../negotiate/media-type.ts'
import type { KindTable } from '../registry/kind-table.ts'
import type { ApiRequest, RawResult } from '../request.ts'
import { groups, kindsOf } from './resources.ts'

export interface OpenApi {
  /** Undefined for other paths. */
  answer(request: ApiRequest): Promise<RawResult> | undefined
}

interface Document {
  readonly body: Uint8Array
  readonly hash: string
}

/** `docs` gives the descriptions of types and fields, where the program has them. */
export function openApi(table: KindTable, version: string, docs: () => Promise<AllDocs> = noDocs): OpenApi {
  const documents = new Map<string, Promise<Document>>()
  let generation = table.generation
  const cached = (key: string, make: () => Promise<Uint8Array>): Promise<Document> => {
    if (generation !== table.generation) {
      documents.clear()
      generation = table.generation
    }
    let document = documents.get(key)
    if (!document) {
      document = make().then(body => ({
        body,
        hash: createHash('sha512').update(body).digest('hex').toUpperCase(),
      }))
      documents.set(key, document)
      // A document that could not be made is made again when next asked for.
      document.catch(() => documents.delete(key))
    }
    return document
  }
  return {
    answer(request) {
      const { path } = request.info
      if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
      if (path === '/openapi/v2') return answerV2(request, form => cached(form, () => makeV2(table, form, docs)))
      if (path === '/openapi/v3' || path === '/openapi/v3/') return answerIndex(request, table, version)
      const part = /^\/openapi\/v3\/(.+)$/.exec(path)?.[1]
      const found = part === undefined ? undefined : served(table).find(known => pathOf(known) === part)
      return found && answerV3(request, () => cached(`v3 ${part}`, () => makeV3(found, docs)))
    },
  }
}

interface Served {
  readonly group: string
  readonly version: string
  readonly kinds: readonly Kind[]
}

function served(table: KindTable): Served[] {
  const all = [{ group: '', versions: ['v1'] }, ...groups(table)]
  return all.flatMap(({ group, versions }) =>
    versions.map(version => ({ group, version, kinds: kindsOf(table, group, version) })),
  )
}

function pathOf({ group, version }: Served): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`
}

const noDocs = async (): Promise<AllDocs> => ({})

async function makeV3({ group, version, kinds }: Served, docs: () => Promise<AllDocs>): Promise<Uint8Array> {
  const { openapiV3 } = await import('@petrel/machinery/openapi')
  return Buffer.from(JSON.stringify(openapiV3(group, version, kinds, await docs())))
}

async function makeV2(table: KindTable, form: FormV2, docs: () => Promise<AllDocs>): Promise<Uint8Array> {
  const { openapiV2, openapiV2Protobuf } = await import('@petrel/machinery/openapi')
  const document = openapiV2(served(table), await docs())
  return form === 'v2' ? Buffer.from(JSON.stringify(document)) : openapiV2Protobuf(document)
}

/** The hash says which kinds there are, so that the index can be answered without making every document. */
async function answerIndex(request: ApiRequest, table: KindTable, version: string): Promise<RawResult> {
  const paths: Record<string, { serverRelativeURL: string }> = {}
  for (const known of served(table)) {
    const hash = createHash('sha512').update(
      `${version} ${table.generation} ${pathOf(known)} ${known.kinds.map(kind => kind.kind).join()}`,
    )
    paths[pathOf(known)] = {
      serverRelativeURL: `/openapi/v3/${pathOf(known)}?hash=${hash.digest('hex').toUpperCase()}`,
    }
  }
  const body = Buffer.from(JSON.stringify({ paths }))
  return conditional(request, body, createHash('sha512').update(body).digest('hex').toUpperCase(), 'application/json')
}

async function answerV3(request: ApiRequest, document: () => Promise<Document>): Promise<RawResult> {
  if (!accepts(request, ['application/json'])) {
    throw notAcceptable(['application/json'])
  }
  const { body, hash } = await document()
  const result = conditional(request, body, hash, 'application/json')
  // With its hash in the URL the answer never changes.
  const lasting = { ...result.headers, 'cache-control': 'public, immutable', expires: 'Thu, 31 Dec 2099 23:59:59 GMT' }
  return request.query.has('hash') ? { ...result, headers: lasting } : result
}

/** `v2` is JSON, `v2 protobuf` what clients without OpenAPI v3 ask for first. */
type FormV2 = 'v2' | 'v2 protobuf'

const protobufV2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/** The name by which clients ask; an @ is no token of a media type, so it is not the one that is answered. */
const protobufV2Asked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

async function answerV2(request: ApiRequest, document: (form: FormV2) => Promise<Document>): Promise<RawResult> {
  const mediaType = mediaTypeV2(request)
  const { body, hash } = await document(mediaType === 'application/json' ? 'v2' : 'v2 protobuf')
  return conditional(request, body, hash, mediaType)
}

function mediaTypeV2({ accept }: ApiRequest): string {
  if (accept === undefined || accept === '') return 'application/json'
  for (const { type } of parseAccept(accept)) {
    if (type === '*/*' || type === 'application/*' || type === 'application/json') return 'application/json'
    if (type === protobufV2 || type === protobufV2Asked) return protobufV2
  }
  throw notAcceptable(['application/json', protobufV2])
}

function conditional(request: ApiRequest, body: Uint8Array, hash: string, mediaType: string): RawResult {
  const etag = `"${hash}"`
  const headers = { etag, vary: 'Accept-Encoding, Accept', 'cache-control': 'no-cache, private' }
  if (request.headers['if-none-match'] === etag) return { type: 'raw', code: 304, mediaType, body: '', headers }
  return { type: 'raw', code: 200, mediaType, body, headers }
}

function accepts(request: ApiRequest, types: readonly string[]): boolean {
  const { accept } = request
  if (accept === undefined || accept === '') return true
  return parseAccept(accept).some(({ type }) => type === '*/*' || type === 'application/*' || types.includes(type))
}
