/** The address ranges of a cluster, and the addresses in them that have a meaning. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

export interface ClusterRanges {
  /** Of this node's pods: `10.244.0.0/24`. */
  readonly pods: string
  /** Of the Services: `10.96.0.0/16`. */
  readonly services: string
}

export const defaultRanges: ClusterRanges = { pods: '10.244.0.0/24', services: '10.96.0.0/16' }

/** The `n`th address of an IPv4 range. Throws RangeError in words for the user when it is none, or too small. */
export function addressIn(range: string, n: number): string {
  const [, a, b, c, d, bits] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(range) ?? []
  const parts = [a, b, c, d].map(Number)
  if (bits === undefined || parts.some(part => part > 255) || Number(bits) > 32) {
    throw new RangeError(`Cannot use "${range}" as an address range: it must be like 10.244.0.0/24`)
  }
  const size = 2 ** (32 - Number(bits))
  if (n >= size)
    throw new RangeError(
      `Cannot use "${range}" as an address range: it has ${size} addresses, and number ${n} is needed`,
    )
  const first = parts.reduce((sum, part) => sum * 256 + part, 0)
  const address = first - (first % size) + n
  return [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.')
}

/** The node on its own bridge: gateway of its pods. */
export const gatewayOf = ({ pods }: ClusterRanges): string => addressIn(pods, 1)

/** The Service `kubernetes`. */
export const apiServiceOf = ({ services }: ClusterRanges): string => addressIn(services, 1)

/** The Service of cluster DNS. */
export const dnsServiceOf = ({ services }: ClusterRanges): string => addressIn(services, 10)

/**
 * The ranges of this data folder. Chosen on the first start and kept, since the objects of the cluster hold addresses of
 * theirs. Throws when others are asked for later.
 */
export function keptRanges(file: string, asked: Partial<ClusterRanges>): ClusterRanges {
  const wanted = { ...defaultRanges, ...asked }
  if (!existsSync(file)) {
    for (const address of [gatewayOf, apiServiceOf, dnsServiceOf]) address(wanted)
    writeFileSync(file, `${JSON.stringify(wanted)}\n`)
    return wanted
  }
  const kept = JSON.parse(readFileSync(file, 'utf8')) as ClusterRanges
  for (const name of ['pods', 'services'] as const) {
    if (asked[name] === undefined || asked[name] === kept[name]) continue
    throw new RangeError(`Cannot use ${asked[name]} for ${name}: this cluster was made with ${kept[name]} (${file})`)
  }
  return kept
}
