/**
 * `nodes/proxy`, `pods/proxy`, `services/proxy`: requests passed on to a kubelet, a pod's port, an endpoint of a
 * service. A name may say scheme and port: `https:name:8443` (pkg/registry/core/{node,pod,service}).
 */
import type { Pod, Service } from '@petrel/machinery/api/core-v1'
import type { EndpointSlice } from '@petrel/machinery/api/discovery-v1'
import { endpointSlices, services } from '@petrel/machinery/kinds'
import { badRequest, unavailable } from '@petrel/machinery/status'
import type { Handler } from '../chain.ts'
import type { NodeDialer } from '../node-dialer.ts'
import { require } from '../registry/get.ts'
import { prefixOf, type ServedKind } from '../registry/kind-table.ts'
import type { Registry } from '../registry/registry.ts'
import { objectOf } from '../registry/stored.ts'
import type { ApiRequest, ApiResult } from '../request.ts'
import { passThrough } from './pass-through.ts'
import { dial } from './pod-streams.ts'

export function proxyHandlers(registry: Registry, dialer: NodeDialer | undefined): [string, Handler][] {
  return [
    ['/nodes/proxy', (request, served) => toNode(registry, request, served, dialer)],
    ['/pods/proxy', (request, served) => toPod(registry, request, served)],
    ['/services/proxy', request => toService(registry, request)],
  ]
}

interface Named {
  readonly tls: boolean
  readonly name: string
  readonly port: string
}

/** `name`, `name:port`, `scheme:name:port`. */
function splitName(text: string): Named {
  const parts = text.split(':')
  if (parts.length === 1) return { tls: false, name: text, port: '' }
  if (parts.length === 2) return { tls: false, name: parts[0] ?? '', port: parts[1] ?? '' }
  const [scheme = '', name = '', port = ''] = parts
  if (parts.length > 3 || (scheme !== 'http' && scheme !== 'https' && scheme !== '')) {
    throw badRequest(`invalid proxy request ${JSON.stringify(text)}`)
  }
  return { tls: scheme === 'https', name, port }
}

async function toNode(
  registry: Registry,
  request: ApiRequest,
  served: ServedKind,
  dialer: NodeDialer | undefined,
): Promise<ApiResult> {
  const { name } = splitName(request.info.name)
  require(registry, served, '', name)
  if (!dialer) throw unavailable(`Cannot reach node ${JSON.stringify(name)}: this server has no way to nodes`)
  return passThrough(request, {
    method: request.method,
    path: pathOf(request),
    host: name,
    socket: await dial(dialer, name),
  })
}

function toPod(registry: Registry, request: ApiRequest, served: ServedKind): Promise<ApiResult> {
  const { name, port, tls } = splitName(request.info.name)
  const pod = objectOf(require(registry, served, request.info.namespace, name), served) as Pod
  const address = pod.status?.podIP ?? ''
  if (address === '') throw badRequest(`address not allowed`)
  checkAddress(address)
  const number = port === '' ? firstPort(pod) : Number(port)
  return to(request, address, checkPort(number, port), tls)
}

function firstPort(pod: Pod): number {
  for (const container of pod.spec?.containers ?? [])
    for (const port of container.ports ?? []) return port.containerPort
  return 80
}

function toService(registry: Registry, request: ApiRequest): Promise<ApiResult> {
  const { namespace } = request.info
  const { name, port, tls } = splitName(request.info.name)
  const served = registry.table.of(services)
  const service = objectOf(require(registry, served, namespace, name), served) as Service
  const ports = service.spec?.ports ?? []
  const wanted =
    port === ''
      ? ports.length === 1
        ? ports[0]
        : undefined
      : ports.find(p => p.name === port || String(p.port) === port)
  const nothing = (): Error => unavailable(`no endpoints available for service ${JSON.stringify(request.info.name)}`)
  if (!wanted)
    throw port === ''
      ? nothing()
      : unavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`)

  const slices = registry.table.of(endpointSlices)
  const choices: { address: string; port: number }[] = []
  for (const entry of registry.store.range(prefixOf(slices, namespace)).entries) {
    const slice = objectOf(entry, slices) as EndpointSlice
    if (slice.metadata?.labels?.['kubernetes.io/service-name'] !== name) continue
    const number = slice.ports?.find(p => (p.name ?? '') === (wanted.name ?? ''))?.port
    if (number === undefined) continue
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready !== false && endpoint.addresses[0])
        choices.push({ address: endpoint.addresses[0], port: number })
    }
  }
  const chosen = choices[Math.floor(registry.rng.next() * choices.length)]
  if (!chosen) throw nothing()
  checkAddress(chosen.address)
  return to(request, chosen.address, chosen.port, tls)
}

function checkPort(port: number, text: string): number {
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw badRequest(`invalid port ${JSON.stringify(text)}`)
  return port
}

/** proxyutil.IsProxyableIP: the server's own loopback and link-local peers are not for clients to reach. */
function checkAddress(address: string): void {
  if (/^(127\.|169\.254\.|0\.|::1$|fe80:|22[4-9]\.|23\d\.)/i.test(address)) throw badRequest('address not allowed')
}

function to(request: ApiRequest, address: string, port: number, tls: boolean): Promise<ApiResult> {
  const host = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  return passThrough(request, {
    method: request.method,
    path: pathOf(request),
    host,
    address,
    port,
    tls,
    rewriteHeaders: headers => keepInside(headers, host, baseOf(request)),
  })
}

/** The path of the proxy itself. */
function baseOf({ info }: ApiRequest): string {
  const whole = info.path.replace(/\/$/, '')
  const rest = info.rest === '' ? '' : `/${info.rest}`
  return whole.endsWith(rest) ? whole.slice(0, whole.length - rest.length) : whole
}

/** A redirect to the far end itself leads through the proxy again (apimachinery/pkg/util/proxy/transport.go). */
function keepInside(headers: Record<string, string | readonly string[]>, host: string, base: string): void {
  const { location } = headers
  if (typeof location !== 'string' || !URL.canParse(location, `http://${host}`)) return
  const url = new URL(location, `http://${host}`)
  const isRelative = !location.startsWith('/') && !/^[a-z][a-z+.-]*:/i.test(location)
  if (url.host === host && !isRelative) headers['location'] = `${base}${url.pathname}${url.search}${url.hash}`
}

/** What follows `proxy`, with its query. */
function pathOf(request: ApiRequest): string {
  const path = `/${request.info.rest.split('/').map(encodeURIComponent).join('/')}`
  const slash = request.info.path.endsWith('/') && !path.endsWith('/') ? '/' : ''
  return `${path}${slash}${request.query.size > 0 ? `?${request.query}` : ''}`
}
