/** One attempt of a probe: exec, httpGet, tcpSocket, grpc (pkg/probe, pkg/kubelet/prober). */
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import type { Container, Probe } from '@petrel/machinery/api/core-v1'
import type { Runtime } from '../../runtime/index.ts'

export interface ProbeResult {
  readonly success: boolean
  /** For the event of a failure. */
  readonly output: string
}

export interface ProbeTarget {
  readonly containerId: string
  readonly container: Container
  readonly podIP: string
}

/** Does not reject: what goes wrong is a failed probe. */
export type ProbeRunner = (probe: Probe, target: ProbeTarget) => Promise<ProbeResult>

const maxOutput = 10 * 1024

/** Real probes, `exec` through the runtime. */
export function probeRunner(runtime: Runtime): ProbeRunner {
  return async (probe, target) => {
    const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000
    try {
      if (probe.exec) return await exec(runtime, target.containerId, probe.exec.command ?? [], timeoutMs)
      if (probe.httpGet) return await httpGet(probe, target, timeoutMs)
      if (probe.tcpSocket)
        return await tcp(
          probe.tcpSocket.host || target.podIP,
          portOf(probe.tcpSocket.port, target.container),
          timeoutMs,
        )
      if (probe.grpc) return await grpc(target.podIP, probe.grpc.port, probe.grpc.service ?? '', timeoutMs)
    } catch (error) {
      return { success: false, output: error instanceof Error ? error.message : String(error) }
    }
    return { success: false, output: 'missing probe handler' }
  }
}

/** For runtimes whose containers answer nobody: a container that runs is well. */
export const passingProbes: ProbeRunner = () => Promise.resolve({ success: true, output: '' })

/** A port by number, or by the name that the container gives it. */
function portOf(port: number | string, container: Container): number {
  if (typeof port === 'number') return port
  const named = container.ports?.find(({ name }) => name === port)?.containerPort
  if (named !== undefined) return named
  const number = Number(port)
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number
  throw new Error(`couldn't find port: ${port} in pod`)
}

async function exec(runtime: Runtime, id: string, command: readonly string[], timeoutMs: number): Promise<ProbeResult> {
  const { exitCode, stdout, stderr } = await runtime.execSync(id, command, timeoutMs)
  return { success: exitCode === 0, output: Buffer.concat([stdout, stderr]).subarray(0, maxOutput).toString() }
}

function httpGet(probe: Probe, target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  const { host, path = '/', port, scheme = 'HTTP', httpHeaders = [] } = probe.httpGet!
  const number = portOf(port, target.container)
  const hostname = host || target.podIP
  const url = `${scheme.toLowerCase()}://${hostname.includes(':') ? `[${hostname}]` : hostname}:${number}${path}`
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.36', accept: '*/*', connection: 'close' }
  for (const { name, value } of httpHeaders) headers[name.toLowerCase()] = value
  return new Promise(resolve => {
    const fail = (why: string): void => resolve({ success: false, output: `Get "${url}": ${why}` })
    const options = {
      hostname,
      port: number,
      path: path.startsWith('/') ? path : `/${path}`,
      headers,
      agent: false as const,
      timeout: timeoutMs,
      rejectUnauthorized: false,
    }
    const call = process
      .getBuiltinModule(scheme === 'HTTPS' ? 'node:https' : 'node:http')
      .request(options, response => {
        clearTimeout(timer)
        response.destroy()
        const code = response.statusCode ?? 0
        resolve(
          code >= 200 && code < 400
            ? { success: true, output: '' }
            : { success: false, output: `HTTP probe failed with statuscode: ${code}` },
        )
      })
    const timer = setTimeout(() => {
      call.destroy()
      fail('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')
    }, timeoutMs)
    call.on('error', error => {
      clearTimeout(timer)
      fail(dialWords(error, hostname, number))
    })
    call.end()
  })
}

function tcp(host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const done = (result: ProbeResult): void => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => done({ success: true, output: '' }))
    socket.once('timeout', () => done({ success: false, output: `dial tcp ${host}:${port}: i/o timeout` }))
    socket.once('error', error => done({ success: false, output: dialWords(error, host, port) }))
  })
}

function dialWords(error: Error, host: string, port: number): string {
  const refused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  return refused ? `dial tcp ${host}:${port}: connect: connection refused` : error.message
}

/** grpc.health.v1.Health/Check: field 1 of the request is the service, field 1 of the answer the status, 1 for SERVING. */
function grpc(host: string, port: number, service: string, timeoutMs: number): Promise<ProbeResult> {
  return new Promise(resolve => {
    const session = connectHttp2(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)
    const done = (success: boolean, output: string): void => {
      clearTimeout(timer)
      session.destroy()
      resolve({ success, output })
    }
    const timer = setTimeout(() => done(false, `timeout: health rpc did not complete within ${timeoutMs}ms`), timeoutMs)
    session.on('error', error => done(false, dialWords(error, host, port)))
    const name = Buffer.from(service)
    const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name])
    const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message])
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', error => done(false, error.message))
    stream.on('close', () => {
      const body = Buffer.concat(chunks)
      const serving = body.length >= 7 && body[5] === 0x08 && body[6] === 1
      done(
        serving,
        serving ? '' : `service unhealthy (responded with "${body.length >= 7 ? String(body[6]) : 'no message'}")`,
      )
    })
    stream.end(frame)
  })
}
