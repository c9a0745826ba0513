/** Signals that may stop a container (KEP-4960); which ones there are depends on the operating system. */
import type { FieldErrors } from '../../../status/index.ts'

const named =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'
const realtime = [
  'RTMIN',
  ...Array.from({ length: 15 }, (_, i) => `RTMIN+${i + 1}`),
  'RTMAX',
  ...Array.from({ length: 14 }, (_, i) => `RTMAX-${i + 1}`),
]
const linux = [...named.split(' '), ...realtime].map(name => `SIG${name}`).sort()
const windows = ['SIGKILL', 'SIGTERM']

export function validateStopSignal(signal: string, os: string | undefined, path: string, errors: FieldErrors): void {
  if (os === undefined) {
    errors.forbidden(path, 'may not be set for containers with empty `spec.os.name`')
    return
  }
  const supported = os === 'windows' ? windows : os === 'linux' ? linux : undefined
  if (supported && !supported.includes(signal)) errors.notSupported(path, signal, supported)
}
