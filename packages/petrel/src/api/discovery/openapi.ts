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
  readonly body: Buffer
  readonly hash: string
}

/** `docs` gives the descriptions of types and fields, where the program has them. */
export function openApi(table: KindTable, version: string, docs: () => Promise<AllDocs> = noDocs): OpenApi {
  const documents = new Map<string, Promise<Document>>()
  let generation = table.generation
  const cached = (key: string, make: () => Promise<unknown>): Promise<Document> => {
    if (generation !== table.generation) {
      documents.clear()
      generation = table.generation
    }
    let document = documents.get(key)
    if (!document) {
      document = make().then(value => {
        const body = Buffer.from(JSON.stringify(value))
        return { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() }
      })
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
      if (path === '/openapi/v2') return answerV2(request, () => cached('v2', () => makeV2(table, docs)))
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

async function makeV3({ group, version, kinds }: Served, docs: () => Promise<AllDocs>): Promise<unknown> {
  const { openapiV3 } = await import('@petrel/machinery/openapi')
  return openapiV3(group, version, kinds, await docs())
}

async function makeV2(table: KindTable, docs: () => Promise<AllDocs>): Promise<unknown> {
  const { openapiV2 } = await import('@petrel/machinery/openapi')
  return openapiV2(served(table), await docs())
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

async function answerV2(request: ApiRequest, document: () => Promise<Document>): Promise<RawResult> {
  if (!accepts(request, ['application/json'])) throw notAcceptable(['application/json'])
  const { body, hash } = await document()
  return conditional(request, body, hash, 'application/json')
}

function conditional(request: ApiRequest, body: Buffer, hash: string, mediaType: string): RawResult {
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
