/**
 * Joins a client to a process in a container until the process ends or the client is gone, whichever comes first. What
 * the process wrote reaches the client before the status; a client that went takes the process it started along.
 */
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { StreamSession } from '../runtime/index.ts'
import type { CommandClient } from './command-client.ts'
import { type CommandStatus, exited, failed } from './command-status.ts'

export interface Command {
  readonly action: 'exec' | 'attach'
  /** The end of the client's input is the end of the process's: not of a container's that others may attach to. */
  readonly endsInput: boolean
  open(): Promise<StreamSession>
}

export async function carryCommand(client: CommandClient, { action, endsInput, open }: Command): Promise<void> {
  const sizes: [number, number][] = []
  let session: StreamSession | undefined
  // Clients send their size at once.
  client.onResize((columns, rows) => {
    if (session) session.resize(columns, rows)
    else sizes[0] = [columns, rows]
  })
  try {
    session = await open()
  } catch (error) {
    await endOutputs(client)
    client.finish(failure(action, error))
    return
  }
  const { stdin, stdout, stderr, exit } = session
  for (const size of sizes) session.resize(...size)
  let running = true
  const { close } = session
  client.gone.then(() => {
    if (running) close()
  })
  if (client.stdin) feed(client.stdin, stdin, endsInput)
  const outputs = Promise.all([carry(stdout, client.stdout), carry(stderr, client.stderr)])
  let status: CommandStatus
  try {
    const exitCode = await exit
    await Promise.race([outputs, client.gone])
    // Attach tells of the streams, not of the container's end.
    status = exited(action === 'attach' ? 0 : exitCode)
  } catch (error) {
    status = failure(action, error)
  }
  running = false
  if (action === 'attach') close()
  // So that the client's goodbye is read even when nobody wanted its input.
  client.stdin?.resume()
  client.finish(status)
}

function failure(action: Command['action'], error: unknown): CommandStatus {
  const doing = action === 'exec' ? 'error executing command in container' : 'error attaching to container'
  return failed(`${doing}: ${error instanceof Error ? error.message : String(error)}`)
}

/** Input that nobody takes (any more) is read and dropped. */
function feed(from: Readable, to: Writable | undefined, ends: boolean): void {
  if (!to) {
    from.resume()
    return
  }
  const drop = (): void => {
    from.unpipe(to)
    from.resume()
  }
  to.on('error', drop)
  to.once('close', drop)
  // A stream that was cut off has no end of its own.
  if (ends) from.once('close', () => to.end())
  from.pipe(to, { end: ends })
}

/** Resolves when everything was carried, or one of the two broke: the client's end and the exit are told elsewhere. */
async function carry(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (!from) {
    to?.end()
    return
  }
  if (!to) {
    from.resume()
    return
  }
  await pipeline(from, to).catch(() => from.resume())
}

async function endOutputs({ stdout, stderr }: CommandClient): Promise<void> {
  for (const output of [stdout, stderr]) output?.end()
}
