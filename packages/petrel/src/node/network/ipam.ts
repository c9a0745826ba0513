/**
 * Addresses of the pods of one node, out of one IPv4 range: the first is the bridge's, the last the broadcast. Who has
 * which is on the disk, so that a restart gives nothing away twice. Addresses go round, so that one that was just
 * released rests a while.
 */
import * as fs from 'node:fs'
import { dirname } from 'node:path'

export class Subnet {
  readonly base: number
  readonly prefix: number
  readonly size: number

  /** `10.244.0.0/24`. Throws RangeError for anything else. */
  constructor(cidr: string) {
    const [address = '', prefix = ''] = cidr.split('/')
    this.prefix = Number(prefix)
    if (!/^\d{1,2}$/.test(prefix) || this.prefix < 8 || this.prefix > 29) {
      throw new RangeError(`range ${JSON.stringify(cidr)} must be IPv4 with a prefix from /8 to /29`)
    }
    this.size = 2 ** (32 - this.prefix)
    const value = parseIp(address)
    if (value === undefined || value % this.size !== 0) {
      throw new RangeError(`range ${JSON.stringify(cidr)} must be an IPv4 network address and a prefix`)
    }
    this.base = value
  }

  address(index: number): string {
    const value = this.base + index
    return [24, 16, 8, 0].map(shift => (value >>> shift) & 255).join('.')
  }

  contains(ip: string): boolean {
    const value = parseIp(ip)
    return value !== undefined && value >= this.base && value < this.base + this.size
  }

  toString(): string {
    return `${this.address(0)}/${this.prefix}`
  }
}

export function parseIp(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined
  return parts.reduce((value, part) => value * 256 + Number(part), 0)
}

interface Leases {
  readonly cidr: string
  last: number
  /** Pod sandbox id → index of its address. */
  readonly byOwner: Record<string, number>
}

export class Ipam {
  readonly #path: string
  readonly #subnet: Subnet
  readonly #leases: Leases

  constructor(path: string, subnet: Subnet) {
    this.#path = path
    this.#subnet = subnet
    const empty: Leases = { cidr: subnet.toString(), last: 1, byOwner: {} }
    this.#leases = fs.existsSync(path) ? (JSON.parse(fs.readFileSync(path, 'utf8')) as Leases) : empty
    // Another range: the old addresses mean nothing in it.
    if (this.#leases.cidr !== empty.cidr) this.#leases = empty
  }

  /** The same owner gets the same address again. Throws when none is left. */
  allocate(owner: string): string {
    const held = this.#leases.byOwner[owner]
    if (held !== undefined) return this.#subnet.address(held)
    const taken = new Set(Object.values(this.#leases.byOwner))
    const usable = this.#subnet.size - 3
    for (let step = 1; step <= usable; step++) {
      const index = 2 + ((this.#leases.last - 1 + step - 1) % usable)
      if (taken.has(index)) continue
      this.#leases.byOwner[owner] = index
      this.#leases.last = index
      this.#save()
      return this.#subnet.address(index)
    }
    throw new RangeError(`no address is left in the pod range ${this.#subnet} (${taken.size} in use)`)
  }

  release(owner: string): void {
    if (this.#leases.byOwner[owner] === undefined) return
    delete this.#leases.byOwner[owner]
    this.#save()
  }

  #save(): void {
    fs.mkdirSync(dirname(this.#path), { recursive: true })
    fs.writeFileSync(`${this.#path}.tmp`, JSON.stringify(this.#leases))
    fs.renameSync(`${this.#path}.tmp`, this.#path)
  }
}
