/** The IPv4 addresses of one range, each given to one pod at a time. The first and the last stay free, as in every subnet. */
export class AddressPool {
  readonly #cidr: string
  readonly #base: number
  readonly #size: number
  readonly #taken = new Set<number>()
  #next = 1

  /** Throws RangeError when `cidr` is no IPv4 range or leaves no address. */
  constructor(cidr: string) {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr)
    const [a, b, c, d, bits] = (match ?? []).slice(1).map(Number) as [number, number, number, number, number]
    if (!match || [a, b, c, d].some(byte => byte > 255) || bits > 30) {
      throw new RangeError(
        `pods cannot have addresses of ${JSON.stringify(cidr)}: it must be an IPv4 range of /30 or more`,
      )
    }
    this.#cidr = cidr
    this.#size = 2 ** (32 - bits)
    const address = ((a * 256 + b) * 256 + c) * 256 + d
    this.#base = address - (address % this.#size)
  }

  /** Goes round the range, so that an address is not given again at once. Undefined when all are taken. */
  take(): string | undefined {
    if (this.#taken.size >= this.#size - 2) return undefined
    while (this.#taken.has(this.#next)) this.#advance()
    const offset = this.#next
    this.#taken.add(offset)
    this.#advance()
    return this.#format(this.#base + offset)
  }

  release(address: string): void {
    const value = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
    this.#taken.delete(value - this.#base)
  }

  toString(): string {
    return this.#cidr
  }

  #advance(): void {
    this.#next = this.#next >= this.#size - 2 ? 1 : this.#next + 1
  }

  #format(value: number): string {
    return [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.')
  }
}
