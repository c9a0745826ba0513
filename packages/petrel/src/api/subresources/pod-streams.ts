/**
 * `pods/log`, `exec`, `attach`, `portforward`: checks what can be checked here, then the kubelet answers. Its paths are
 * /containerLogs, /exec, /attach and /portForward (pkg/registry/core/pod/strategy.go, LogLocation and streamLocation).
 */
import type { Pod } from '@petrel/machinery/api/core-v1'
import { badRequest, FieldErrors, invalid, unavailable } from '@petrel/machinery/status'
import type { Handler } from '../chain.ts'
import type { NodeDialer } from '../node-dialer.ts'
import { admissionRequest, mutate, validate } from '../registry/admission.ts'
import { require } from '../registry/get.ts'
import type { ServedKind } from '../registry/kind-table.ts'
import type { Registry } from '../registry/registry.ts'
import { objectOf } from '../registry/stored.ts'
import type { ApiRequest, ApiResult } from '../request.ts'
import { isTrue } from '../request-info.ts'
import { farEndError, passThrough, text } from './pass-through.ts'

type Stream = 'exec' | 'attach' | 'portforward'

export function podStreamHandlers(registry: Registry, dialer: NodeDialer | undefined): [string, Handler][] {
  const streams = (['exec', 'attach', 'portforward'] as const).map((stream): [string, Handler] => [
    `/pods/${stream}`,
    async (request, served) => {
      const pod = podOf(registry, request, served)
      await admitConnect(registry, request, served, pod)
      const path = stream === 'portforward' ? portForwardPath(request, pod) : streamPath(stream, request, pod)
      return connect(request, dialer, pod, path)
    },
  ])
  return [['/pods/log', async (request, served) => log(request, dialer, podOf(registry, request, served))], ...streams]
}

function podOf(registry: Registry, request: ApiRequest, served: ServedKind): Pod {
  return objectOf(require(registry, served, request.info.namespace, request.info.name), served) as Pod
}

async function admitConnect(registry: Registry, request: ApiRequest, served: ServedKind, pod: Pod): Promise<void> {
  const { namespace, name, subresource } = request.info
  const admission = admissionRequest(request, {
    operation: 'CONNECT',
    served,
    subresource,
    namespace,
    name,
    object: undefined,
    oldObject: pod,
    dryRun: false,
  })
  await mutate(registry, admission)
  await validate(registry, admission)
}

async function log(request: ApiRequest, dialer: NodeDialer | undefined, pod: Pod): Promise<ApiResult> {
  checkLogOptions(request.query)
  const container = containerOf(request, pod, true)
  const { namespace = '', name = '' } = pod.metadata ?? {}
  // A pod without a node has no logs yet, which is no error.
  if (!pod.spec?.nodeName) return { type: 'raw', code: 200, mediaType: 'text/plain', body: '' }
  const query = new URLSearchParams()
  for (const option of ['follow', 'previous', 'timestamps'])
    if (isTrue(request.query.get(option))) query.set(option, 'true')
  for (const option of ['sinceSeconds', 'sinceTime', 'tailLines', 'limitBytes', 'stream']) {
    const value = request.query.get(option)
    if (value) query.set(option, value)
  }
  const result = await connect(
    request,
    dialer,
    pod,
    `/containerLogs/${namespace}/${name}/${container}${query.size > 0 ? `?${query}` : ''}`,
  )
  if (result.type === 'stream' && result.code >= 400) throw farEndError(result.code, (await text(result.body)).trim())
  return result
}

/** ValidatePodLogOptions. */
function checkLogOptions(query: URLSearchParams): void {
  const errors = new FieldErrors()
  for (const option of ['tailLines', 'limitBytes', 'sinceSeconds']) {
    const value = query.get(option)
    if (value === null || value === '') continue
    if (!/^[+-]?\d+$/.test(value))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
    const least = option === 'tailLines' ? 0 : 1
    if (Number(value) < least) {
      errors.invalid(
        option,
        Number(value),
        least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0',
      )
    }
  }
  if (query.get('sinceSeconds') && query.get('sinceTime')) {
    errors.forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified')
  }
  if (!errors.empty) throw invalid({ group: '', kind: 'PodLogOptions' }, '', errors)
}

/** The container asked for, or the only one there is. */
function containerOf(request: ApiRequest, pod: Pod, forLog: boolean): string {
  const name = pod.metadata?.name ?? ''
  const asked = request.query.get('container') ?? ''
  const main = (pod.spec?.containers ?? []).map(container => container.name)
  const init = (pod.spec?.initContainers ?? []).map(container => container.name)
  const ephemeral = (pod.spec?.ephemeralContainers ?? []).map(container => container.name)
  if (asked === '') {
    const [only] = main
    const chosen = pod.metadata?.annotations?.['kubectl.kubernetes.io/default-container']
    if (main.length === 1 && only !== undefined) return only
    if (!forLog && chosen !== undefined && main.includes(chosen)) return chosen
    const more = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : ''
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${main.join(' ')}]${more}`)
  }
  if (![...main, ...init, ...ephemeral].includes(asked))
    throw badRequest(`container ${asked} is not valid for pod ${name}`)
  return asked
}

function streamPath(stream: Exclude<Stream, 'portforward'>, request: ApiRequest, pod: Pod): string {
  const { namespace = '', name = '' } = pod.metadata ?? {}
  const query = new URLSearchParams()
  for (const [ours, kubelets] of [
    ['stdin', 'input'],
    ['stdout', 'output'],
    ['stderr', 'error'],
    ['tty', 'tty'],
  ] as const) {
    const given = request.query.get(ours)
    // Output is on unless the client says otherwise where it says nothing at all (v1 defaults of exec options).
    if (
      given === null
        ? (ours === 'stdout' || ours === 'stderr') && stream === 'exec' && !hasStreams(request.query)
        : isTrue(given)
    )
      query.set(kubelets, '1')
  }
  if (stream === 'exec') {
    const command = request.query.getAll('command')
    if (command.length === 0) throw badRequest('you must specify at least 1 command for the container')
    for (const word of command) query.append('command', word)
  }
  return `/${stream}/${namespace}/${name}/${containerOf(request, pod, false)}?${query}`
}

function hasStreams(query: URLSearchParams): boolean {
  return ['stdin', 'stdout', 'stderr', 'tty'].some(name => query.has(name))
}

function portForwardPath(request: ApiRequest, pod: Pod): string {
  const { namespace = '', name = '' } = pod.metadata ?? {}
  const query = new URLSearchParams()
  for (const port of request.query.getAll('ports')) query.append('port', port)
  return `/portForward/${namespace}/${name}${query.size > 0 ? `?${query}` : ''}`
}

async function connect(
  request: ApiRequest,
  dialer: NodeDialer | undefined,
  pod: Pod,
  path: string,
): Promise<ApiResult> {
  const node = pod.spec?.nodeName ?? ''
  const name = pod.metadata?.name ?? ''
  if (node === '') throw badRequest(`pod ${name} does not have a host assigned`)
  if (!dialer) throw unavailable(`Cannot reach node ${JSON.stringify(node)}: this server has no way to nodes`)
  const socket = await dial(dialer, node)
  return passThrough(request, { method: request.method, path, host: node, socket })
}

export async function dial(dialer: NodeDialer, node: string): ReturnType<NodeDialer['dial']> {
  try {
    return await dialer.dial(node)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw unavailable(`error dialing backend: ${message}`, error)
  }
}
