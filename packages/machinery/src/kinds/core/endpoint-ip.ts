/** Addresses that traffic may be sent to: not those that mean a machine itself or its own link. */
import { cidrContains, parseCidr, parseIp } from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'

const refused = [
  [['127.0.0.0/8', '::1/128'], 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [['169.254.0.0/16', 'fe80::/10'], 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [['224.0.0.0/24', 'ff02::/16'], 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
] as const

export function validateEndpointIp(text: string, path: string, errors: FieldErrors): void {
  const ip = parseIp(text, true)
  if (!ip) {
    errors.invalid(path, text, 'must be a valid IP address')
    return
  }
  if (ip.bits === 0n) errors.invalid(path, text, `may not be unspecified (${text})`)
  for (const [blocks, rule] of refused) {
    const inside = blocks.some(block => {
      const cidr = parseCidr(block)
      return cidr !== undefined && cidrContains(cidr, ip)
    })
    if (inside) errors.invalid(path, text, rule)
  }
}
