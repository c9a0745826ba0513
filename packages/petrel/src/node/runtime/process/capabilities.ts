/** Linux capabilities of a container: containerd's default set, what the pod adds and drops. */
import type { ContainerSecurityContext } from '../index.ts'

/** containerd pkg/oci defaultUnixCaps. */
const defaults = [
  'chown',
  'dac_override',
  'fsetid',
  'fowner',
  'mknod',
  'net_raw',
  'setgid',
  'setuid',
  'setfcap',
  'setpcap',
  'net_bind_service',
  'sys_chroot',
  'kill',
  'audit_write',
]

/** capabilities(7), as of Linux 5.9; none came since. */
const known = new Set([
  ...defaults,
  'linux_immutable',
  'net_broadcast',
  'net_admin',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'lease',
  'audit_control',
  'dac_read_search',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
])

/** The capabilities to keep, in setpriv's names; 'all' for a privileged container. Throws RangeError for unknown ones. */
export function capabilities(security: ContainerSecurityContext): readonly string[] | 'all' {
  if (security.privileged) return 'all'
  const add = security.addCapabilities.map(normalise)
  const drop = security.dropCapabilities.map(normalise)
  for (const name of [...add, ...drop]) {
    if (name !== 'all' && !known.has(name)) throw new RangeError(`unknown capability "CAP_${name.toUpperCase()}"`)
  }
  // As containerd: ALL is taken first on either side, then the names one by one, additions last.
  const kept = new Set(add.includes('all') ? known : drop.includes('all') ? [] : defaults)
  for (const name of drop) kept.delete(name)
  for (const name of add) if (name !== 'all') kept.add(name)
  return [...kept].sort()
}

function normalise(name: string): string {
  return name.toLowerCase().replace(/^cap_/, '')
}
