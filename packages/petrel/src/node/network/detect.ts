/** Whether this machine lets us make pod networks: tried in a namespace that is thrown away. */
import { runCommand } from './run-command.ts'

/** Undefined when it does, otherwise why not. */
export async function whyNoPodNetwork(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `${process.platform} has no network namespaces`
  if (process.getuid?.() !== 0) return 'not root'
  const script = 'ip link add b0 type bridge && ip link add v0 type veth peer name v1 && nft add table ip t'
  return runCommand(['unshare', '-n', 'sh', '-c', script]).then(
    () => undefined,
    (error: Error) => error.message,
  )
}
