/** Reads `--listen`: `6443`, `127.0.0.1:6443`, `[::1]:6443`. */

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Throws RangeError in words for the user. */
export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, port] = /^(?:\[([\da-fA-F:.]+)\]:|([^:]*):)?(\d+)$/.exec(text) ?? []
  const number = Number(port)
  if (port === undefined || number > 65_535) {
    throw new RangeError(
      `Cannot listen on "${text}": the address must be PORT, HOST:PORT or [IPV6]:PORT with a port up to 65535`,
    )
  }
  return { host: bracketed || plain || '0.0.0.0', port: number }
}

/** The address under which this machine reaches a server that listens there. */
export function localAddress({ host }: ListenAddress): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::') return '::1'
  return host
}
