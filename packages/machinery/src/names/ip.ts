/**
 * IP addresses and CIDR blocks as the API takes them: parsers of our own, since this package runs without Node. Strict
 * as upstream's IsValidIPForLegacyField is today: leading zeros and IPv4-mapped IPv6 addresses are faults.
 */

/** 4 or 16 bytes as one number. */
export interface Ip {
  readonly family: 4 | 6
  readonly bits: bigint
}

export interface Cidr {
  readonly ip: Ip
  readonly length: number
}

function parseIpv4(text: string, leadingZeros: boolean): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let bits = 0n
  for (const part of parts) {
    if (!/^[0-9]{1,3}$/.test(part) && !(leadingZeros && /^0*[0-9]{1,3}$/.test(part))) return undefined
    if (!leadingZeros && part.length > 1 && part.startsWith('0')) return undefined
    const octet = Number(part)
    if (octet > 255) return undefined
    bits = (bits << 8n) | BigInt(octet)
  }
  return bits
}

function parseIpv6(text: string, leadingZeros: boolean): bigint | undefined {
  let rest = text
  const tail: bigint[] = []
  const dot = rest.indexOf('.')
  if (dot >= 0) {
    const colon = rest.lastIndexOf(':')
    const v4 = parseIpv4(rest.slice(colon + 1), leadingZeros)
    if (colon < 0 || v4 === undefined) return undefined
    tail.push(v4 >> 16n, v4 & 0xffffn)
    rest = rest.slice(0, colon + 1)
    // The separator before the IPv4 part is no group of its own, unless it is half of `::`.
    if (!rest.endsWith('::')) rest = rest.slice(0, -1)
  }
  const halves = rest.split('::')
  if (halves.length > 2) return undefined
  const left = parseGroups(halves[0] ?? '')
  const right = halves.length === 2 ? parseGroups(halves[1] ?? '') : []
  if (!left || !right) return undefined
  const given = left.length + right.length + tail.length
  if (halves.length === 2 ? given > 7 : given !== 8) return undefined
  const zeros = new Array<bigint>(8 - given).fill(0n)
  return [...left, ...zeros, ...right, ...tail].reduce((bits, group) => (bits << 16n) | group, 0n)
}

function parseGroups(text: string): bigint[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  return groups.every(group => /^[0-9a-fA-F]{1,4}$/.test(group)) ? groups.map(group => BigInt(`0x${group}`)) : undefined
}

/** Undefined when the text is no address. `leadingZeros` takes `010.1.1.1` for 10.1.1.1, as old servers did. */
export function parseIp(text: string, leadingZeros = false): Ip | undefined {
  if (text.length > 64) return undefined
  const family = text.includes(':') ? 6 : 4
  const bits = family === 6 ? parseIpv6(text, leadingZeros) : parseIpv4(text, leadingZeros)
  return bits === undefined ? undefined : { family, bits }
}

/** 4, 6, or undefined when the text is no address. */
export function ipFamily(text: string): 4 | 6 | undefined {
  const ip = parseIp(text)
  return ip && (isMapped(ip) ? 4 : ip.family)
}

/** `::ffff:0:0/96`. */
function isMapped(ip: Ip): boolean {
  return ip.family === 6 && ip.bits >> 32n === 0xffffn
}

/** Dotted or RFC 5952. */
export function formatIp(ip: Ip): string {
  if (ip.family === 4) return [24n, 16n, 8n, 0n].map(shift => (ip.bits >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((ip.bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  let start = -1
  let length = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === '0') end++
    if (end - i > length) {
      start = i
      length = end - i
    }
  }
  if (start < 0) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}

/** Undefined when the text is no block; bits beyond the length are kept. */
export function parseCidr(text: string, leadingZeros = false): Cidr | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const ip = parseIp(text.slice(0, slash), leadingZeros)
  const digits = text.slice(slash + 1)
  if (!ip || !/^[0-9]{1,3}$/.test(digits) || (!leadingZeros && digits.length > 1 && digits.startsWith('0'))) {
    return undefined
  }
  const length = Number(digits)
  return length <= (ip.family === 4 ? 32 : 128) ? { ip, length } : undefined
}

function hostBits(cidr: Cidr): bigint {
  return (1n << BigInt((cidr.ip.family === 4 ? 32 : 128) - cidr.length)) - 1n
}

export function cidrContains(cidr: Cidr, ip: Ip): boolean {
  const mask = hostBits(cidr)
  return cidr.ip.family === ip.family && (cidr.ip.bits | mask) === (ip.bits | mask)
}

export function legacyIpFaults(text: string): string[] {
  const ip = parseIp(text, true)
  if (!ip) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']
  const faults: string[] = []
  if (!parseIp(text)) faults.push('must not have leading 0s')
  else if (isMapped(ip)) faults.push('must not be an IPv4-mapped IPv6 address')
  return faults
}

export function legacyCidrFaults(text: string): string[] {
  const cidr = parseCidr(text, true)
  if (!cidr) return ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']
  if (!parseCidr(text)) return ['must not have leading 0s in IP or prefix length']
  if (isMapped(cidr.ip)) return ['must not have an IPv4-mapped IPv6 address']
  return (cidr.ip.bits & hostBits(cidr)) === 0n ? [] : ['must not have bits set beyond the prefix length']
}
