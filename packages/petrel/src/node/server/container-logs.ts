/** GET /containerLogs/{namespace}/{pod}/{container}: a container's log as text, with the options of PodLogOptions. */
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Pod } from '@petrel/machinery/api/core-v1'
import type { Clock } from '../../base/index.ts'
import { type LogQuery, readLog, selectLog } from '../logs/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { findLogged } from './find-container.ts'
import { Refusal } from './upgrade.ts'

export async function answerLogs(
  runtime: Runtime,
  clock: Clock,
  pod: Pod,
  container: string,
  parameters: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const query = queryOf(parameters, clock)
  const run = await findLogged(runtime, pod, container, isSet(parameters, 'previous'))
  const follows = isSet(parameters, 'follow')
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const ended = follows ? untilEnded(runtime, run.id, gone.signal) : undefined
  // The reader may end before the container and ask no more.
  ended?.catch(() => {})
  let log: AsyncIterable<Buffer>
  if (runtime.containerLog) {
    log = fromMemory(selectLog(await runtime.containerLog(run.id), query), ended)
  } else {
    const { config } = await runtime.podSandboxStatus(run.podSandboxId)
    log = readLog(join(config.logDirectory, run.config.logPath), query, {
      clock,
      signal: gone.signal,
      ...(ended && { followUntil: ended }),
    })
  }
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  // A follower waits for the head before the first line.
  response.flushHeaders()
  try {
    await pipeline(Readable.from(log, { objectMode: true, highWaterMark: 1 }), response)
  } catch (error) {
    // Whoever has gone needs no log; anything else cuts the answer off, so that it does not pass for the whole.
    if (!gone.signal.aborted) throw error
  } finally {
    gone.abort()
  }
}

/** Resolves when the container runs no longer. Rejects when the signal is aborted before. */
export async function untilEnded(runtime: Runtime, id: string, signal: AbortSignal): Promise<void> {
  const events = runtime.events(signal)
  const hasEnded = async (): Promise<boolean> => {
    const status = await runtime.containerStatus(id).catch(() => undefined)
    return status === undefined || status.state === 'exited'
  }
  // Listening has begun before the state is asked for, so that no end is missed.
  if (await hasEnded()) return
  for await (const event of events) {
    if (event.containerId === id && (event.type === 'stopped' || event.type === 'deleted')) return
  }
  throw signal.reason
}

async function* fromMemory(log: Buffer, ended: Promise<void> | undefined): AsyncGenerator<Buffer> {
  if (log.length > 0) yield log
  await ended
}

function queryOf(parameters: URLSearchParams, clock: Clock): LogQuery {
  const tailLines =
    parameters.get('tail') === 'all'
      ? undefined
      : numberOf(parameters, parameters.has('tail') ? 'tail' : 'tailLines', 0)
  const limitBytes = numberOf(parameters, 'limitBytes', 1)
  const sinceSeconds = numberOf(parameters, 'sinceSeconds', 1)
  const since =
    sinceSeconds === undefined ? parameters.get('sinceTime') : new Date(clock.now() - sinceSeconds * 1000).toISOString()
  if (since && Number.isNaN(Date.parse(since)))
    throw new Refusal(400, `sinceTime ${JSON.stringify(since)} must be an RFC 3339 time`)
  const stream = parameters.get('stream') || 'All'
  if (stream !== 'All' && stream !== 'Stdout' && stream !== 'Stderr')
    throw new Refusal(400, `invalid stream type ${JSON.stringify(stream)}`)
  return {
    stream,
    timestamps: isSet(parameters, 'timestamps'),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(since && { since }),
  }
}

function numberOf(parameters: URLSearchParams, name: string, least: number): number | undefined {
  const value = parameters.get(name)
  if (value === null || value === '') return undefined
  if (!/^\d+$/.test(value) || Number(value) < least) {
    throw new Refusal(422, `${name} ${JSON.stringify(value)} must be a number of at least ${least}`)
  }
  return Number(value)
}

/** As Kubernetes reads booleans in queries: anything but `false` and `0`. */
function isSet(parameters: URLSearchParams, name: string): boolean {
  const value = parameters.get(name)
  return value !== null && value !== 'false' && value !== '0'
}
