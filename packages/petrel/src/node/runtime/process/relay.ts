/**
 * Runs inside a pod's network namespace and connects to 127.0.0.1 there, for port-forward. The agent reaches it by a
 * unix socket, since files do not belong to network namespaces. One relay serves a pod; it ends when it has been idle.
 * A connection begins with a line naming the port; the relay answers `ok`, or the error, on a line.
 */
import * as net from 'node:net'

const idleMs = 30_000

function serve(path: string): void {
  let open = 0
  let idle = setTimeout(() => process.exit(0), idleMs)
  const server = net.createServer({ allowHalfOpen: true }, client => {
    open++
    clearTimeout(idle)
    client.on('error', () => client.destroy())
    client.on('close', () => {
      if (--open === 0) idle = setTimeout(() => process.exit(0), idleMs)
    })
    client.once('data', (line: Buffer) => {
      client.pause()
      const end = line.indexOf(10)
      const target = net.connect({ host: '127.0.0.1', port: Number(line.subarray(0, end)), allowHalfOpen: true })
      const refused = (error: Error): void => void client.end(`${error.message}\n`)
      target.once('error', refused)
      target.once('connect', () => {
        target.off('error', refused)
        target.on('error', () => client.destroy())
        client.on('close', () => target.destroy())
        client.write('ok\n')
        target.write(line.subarray(end + 1))
        client.pipe(target)
        target.pipe(client)
      })
    })
  })
  server.listen(path, () => process.stdout.write('ready\n'))
}

serve(process.argv[2] ?? 'relay.sock')
