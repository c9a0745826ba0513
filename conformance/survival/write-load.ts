/**
 * Writers over the API and what they were told: the last acknowledged state of each object, and the write that was under
 * way when the connection broke. `verify` holds a list against it.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { ApiClient, KubeObject } from './api-client.ts'

export const collection = '/api/v1/namespaces/default/configmaps'

/** What an object is known to be: its data, or that it is gone. */
interface State {
  readonly value: string | undefined
  readonly resourceVersion: string | undefined
}

interface Line {
  acknowledged: State
  /** The value that a write without an answer would have led to; undefined is a delete. */
  pending: { readonly value: string | undefined } | undefined
}

const absent: State = { value: undefined, resourceVersion: undefined }

export const dataOf = (value: string): Record<string, string> => ({
  value,
  padding: 'p'.repeat(Number(value) % 3000),
  sum: createHash('sha256').update(value).digest('hex'),
})

export class WriteLoad {
  readonly #lines = new Map<string, Line>()
  /** resourceVersions that were acknowledged, with the name and value they belong to. */
  readonly acknowledged = new Map<string, { readonly name: string; readonly value: string }>()
  #sequence = 0

  /** Writes until the connection breaks. `onWrite` is called after each acknowledgement. */
  async run(client: ApiClient, writers: number, onWrite: () => void): Promise<void> {
    const write = async (writer: number): Promise<void> => {
      for (let i = 0; ; i++) {
        const name = `load-${writer}-${i % 20}`
        try {
          await this.#step(client, name)
        } catch {
          // The server was killed: what was under way stays pending.
          return
        }
        onWrite()
      }
    }
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))
  }

  async #step(client: ApiClient, name: string): Promise<void> {
    const line = this.#lines.get(name) ?? { acknowledged: absent, pending: undefined }
    this.#lines.set(name, line)
    const exists = line.acknowledged.value !== undefined
    const isDelete = exists && ++this.#sequence % 7 === 0
    const value = isDelete ? undefined : String(++this.#sequence)
    line.pending = { value }
    const at = `${collection}/${name}`
    const body = { metadata: { name, labels: { load: 'yes' } }, data: value === undefined ? {} : dataOf(value) }
    const { code, body: answer } = isDelete
      ? await client.call('DELETE', at)
      : exists
        ? await client.call('PATCH', at, body, 'application/merge-patch+json')
        : await client.call('POST', collection, body)
    assert.ok(code === 200 || code === 201, `${name}: ${code} ${answer.message}`)
    line.pending = undefined
    if (value === undefined) {
      line.acknowledged = absent
      return
    }
    const { resourceVersion } = answer.metadata
    assert.equal(this.acknowledged.has(resourceVersion), false, `revision ${resourceVersion} was given twice`)
    this.acknowledged.set(resourceVersion, { name, value })
    line.acknowledged = { value, resourceVersion }
  }

  /** Every acknowledged write is there with its resourceVersion, nothing is half, nothing came from nowhere. */
  verify(items: readonly KubeObject[]): void {
    const byName = new Map(items.map(item => [item.metadata.name, item]))
    for (const item of items) {
      assert.ok(this.#lines.has(item.metadata.name), `${item.metadata.name} was never written`)
      assert.deepEqual(item.data, dataOf(item.data!['value']!), `${item.metadata.name} is half`)
    }
    for (const [name, line] of this.#lines) {
      const { acknowledged, pending } = line
      const found: State = {
        value: byName.get(name)?.data?.['value'],
        resourceVersion: byName.get(name)?.metadata.resourceVersion,
      }
      line.pending = undefined
      line.acknowledged = found
      if (pending && found.value === pending.value) continue
      assert.deepEqual(found, acknowledged, `${name} is not what was acknowledged`)
    }
  }
}
