/** What the kernel says of processes: resident memory and processor time, from /proc. */
import { readFileSync } from 'node:fs'

/** Sum of the resident set, MB (10^6 bytes). */
export function residentMegabytes(pids: readonly number[]): number {
  let kilobytes = 0
  for (const pid of pids) {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    kilobytes += Number(line?.[1] ?? 0)
  }
  return (kilobytes * 1024) / 1e6
}

/** User and system time so far, seconds. /proc counts in ticks of 10 ms on Linux. */
export function processorSeconds(pids: readonly number[]): number {
  let ticks = 0
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks / 100
}
