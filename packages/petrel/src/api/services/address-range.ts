/** A CIDR of IPv4 addresses as numbers 0 … size-1: its first and last addresses are nobody's. */
export interface AddressRange {
  readonly text: string
  readonly size: number
  /** The address of a member. */
  at(member: number): string
  /** The member of an address; undefined outside the range. */
  memberOf(address: string): number | undefined
}

/** Throws TypeError for what is no IPv4 CIDR or has no room. */
export function addressRange(cidr: string): AddressRange {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr)
  const bits = Number(match?.[5])
  const octets = match?.slice(1, 5).map(Number) ?? []
  if (!match || bits < 8 || bits > 30 || octets.some(octet => octet > 255)) {
    throw new TypeError(`Cannot use service address range ${JSON.stringify(cidr)}: expected an IPv4 CIDR of /8 to /30`)
  }
  const mask = 2 ** (32 - bits)
  const base = Math.floor(octets.reduce((sum, octet) => sum * 256 + octet, 0) / mask) * mask
  const size = mask - 2
  return {
    text: cidr,
    size,
    at: member => toText(base + 1 + member),
    memberOf(address) {
      const parts = address.split('.').map(Number)
      if (parts.length !== 4 || parts.some(part => !Number.isInteger(part) || part < 0 || part > 255)) return undefined
      const member = parts.reduce((sum, part) => sum * 256 + part, 0) - base - 1
      return member >= 0 && member < size ? member : undefined
    },
  }
}

function toText(number: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.')
}
