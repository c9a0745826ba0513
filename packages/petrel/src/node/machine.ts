/** What this machine is and offers, for its Node object. */
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, hostname, platform, release, totalmem } from 'node:os'

export interface MachineDescription {
  readonly capacity: Readonly<Record<string, string>>
  readonly system: {
    readonly machineID: string
    readonly systemUUID: string
    readonly bootID: string
    readonly kernelVersion: string
    readonly osImage: string
    readonly operatingSystem: string
    readonly architecture: string
  }
}

/** Upstream's default of pods per node. */
const maxPods = 110

export function describeMachine(): MachineDescription {
  const machineID = read('/etc/machine-id')
  return {
    capacity: {
      cpu: String(availableParallelism()),
      memory: `${Math.floor(totalmem() / 1024)}Ki`,
      pods: String(maxPods),
    },
    system: {
      machineID,
      systemUUID: read('/sys/class/dmi/id/product_uuid') || machineID,
      bootID: read('/proc/sys/kernel/random/boot_id'),
      kernelVersion: release(),
      osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(read('/etc/os-release'))?.[1] ?? platform(),
      operatingSystem: platform(),
      architecture: arch() === 'x64' ? 'amd64' : arch(),
    },
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    // Not every machine has it, and not everybody may read it.
    return ''
  }
}

/** The host's name as a node name: a DNS-1123 subdomain. */
export function machineName(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
  return name || 'node'
}
