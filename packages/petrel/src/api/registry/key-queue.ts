/**
 * One writer a key at a time: a read-modify-write sees what the one before it wrote, so that writers in this process
 * do not run into each other's unfinished writes. Different keys never wait for each other.
 */
export class KeyQueue {
  readonly #tails = new Map<string, Promise<void>>()

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    let release: () => void = () => {}
    const tail = new Promise<void>(resolve => {
      release = resolve
    })
    this.#tails.set(key, tail)
    if (before) await before
    try {
      return await task()
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
      release()
    }
  }
}
