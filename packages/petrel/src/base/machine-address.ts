/** Where others reach this machine. */
import { networkInterfaces } from 'node:os'

/** The first IPv4 address that others can reach; undefined when there is loopback alone. */
export function machineAddress(): string | undefined {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    // Bridges of container networks, ours among them, are not how others reach this machine.
    if (/^(petrel|docker|cni|br-|veth|virbr)/.test(name)) continue
    const found = addresses?.find(
      ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
    )
    if (found) return found.address
  }
  return undefined
}
