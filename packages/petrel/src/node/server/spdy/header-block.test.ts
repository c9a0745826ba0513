import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { constants, createDeflate, deflateSync, inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { headerDictionary } from './dictionary.ts'
import { HeaderReader, HeaderWriter } from './header-block.ts'

const headers = fc
  .dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.stringMatching(/^[ -~]{0,30}$/), { maxKeys: 6 })
  .map(entries => new Map(Object.entries(entries)))

/** Compressed the way other implementations do, in one stream. */
class Compressor {
  readonly #deflate = createDeflate({ dictionary: headerDictionary() })
  readonly #writer = new HeaderWriter()
  #first = true

  async write(entries: ReadonlyMap<string, string>): Promise<Buffer> {
    const stored = this.#writer.write(entries)
    // Past the head of the stream and of the stored block, before the empty one.
    const plain = stored.subarray((this.#first ? 6 : 0) + 5, -5)
    this.#first = false
    const chunks: Buffer[] = []
    this.#deflate.on('data', (chunk: Buffer) => chunks.push(chunk))
    await new Promise<void>(resolve => {
      this.#deflate.write(plain)
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => setImmediate(resolve))
    })
    this.#deflate.removeAllListeners('data')
    return Buffer.concat(chunks)
  }
}

describe('header blocks', () => {
  it('are read as they were written, block after block, stored or compressed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(headers, { maxLength: 6 }), async blocks => {
        for (const writer of [new HeaderWriter(), new Compressor()]) {
          const reader = new HeaderReader()
          for (const block of blocks) assert.deepEqual(await reader.read(await writer.write(block)), block)
          reader.close()
        }
      }),
      { numRuns: 50 },
    )
  })

  it('are written as zlib with the dictionary of SPDY/3, whose checksum is E3C6A7C2', () => {
    const block = new HeaderWriter().write(new Map([['a', 'b']]))
    assert.equal(block.subarray(0, 6).toString('hex'), '78bbe3c6a7c2')
    const plain = inflateSync(block, { dictionary: headerDictionary(), finishFlush: constants.Z_SYNC_FLUSH })
    assert.equal(plain.toString('hex'), '00000001000000016100000001' + '62')
  })

  const broken = [
    { title: 'no zlib', block: Buffer.from('nonsense') },
    { title: 'too long', block: deflateSync(Buffer.alloc(1 << 20), { dictionary: headerDictionary() }) },
    {
      title: 'cut off',
      block: deflateSync(Buffer.from('0000000100000009ff', 'hex'), { dictionary: headerDictionary() }),
    },
    { title: 'empty', block: Buffer.alloc(0) },
  ]
  for (const { title, block } of broken) {
    it(`are refused when they are ${title}`, async () => {
      const reader = new HeaderReader()
      await assert.rejects(reader.read(block))
      reader.close()
    })
  }
})
