/** Who runs a command or attaches: the client's streams, whatever protocol carries them. */
import type { Readable, Writable } from 'node:stream'
import type { CommandStatus } from './command-status.ts'

export interface CommandStreams {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

export interface CommandClient {
  readonly stdin: Readable | undefined
  readonly stdout: Writable | undefined
  readonly stderr: Writable | undefined
  onResize(listener: (columns: number, rows: number) => void): void
  /** Resolves when the connection is over. */
  readonly gone: Promise<void>
  /** Says how it ended, then goodbye. After stdout and stderr have ended. */
  finish(status: CommandStatus): void
}

/** Sizes as clients write them, `{"Width":80,"Height":24}`, in whatever pieces they come. */
export function sizeReader(listener: (columns: number, rows: number) => void): (data: Buffer) => void {
  let text = ''
  return data => {
    text += data.toString()
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      const size = parseSize(text.slice(0, end + 1))
      text = text.slice(end + 1)
      if (size) listener(...size)
    }
    // What is longer than any size is none.
    if (text.length > 1024) text = ''
  }
}

function parseSize(text: string): [number, number] | undefined {
  try {
    const { Width: columns, Height: rows } = JSON.parse(text) as Record<'Width' | 'Height', unknown>
    const isSize = (value: unknown): value is number =>
      Number.isInteger(value) && (value as number) > 0 && (value as number) < 65536
    return isSize(columns) && isSize(rows) ? [columns, rows] : undefined
  } catch {
    // The kubelet ends the channel at what it cannot read; a wrong size does not have to cost the session its later ones.
    return undefined
  }
}
