import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeError } from '@petrel/machinery/schema'
import { StatusError } from '@petrel/machinery/status'
import { decodeLargeYaml } from './large-yaml.ts'

const bytesOf = (text: string): Uint8Array => Buffer.from(text)
const lines = (line: (i: number) => string, bytes: number): string => {
  let text = ''
  for (let i = 0; text.length < bytes; i++) text += line(i)
  return text
}

test('decodeLargeYaml() reads what decodeYaml() reads, and refuses in its words', async () => {
  const text = `data:\n${lines(i => `  k${i}: yes\n`, 20_000)}`
  const { data } = (await decodeLargeYaml(bytesOf(text))) as { data: Record<string, unknown> }
  assert.equal(data['k7'], true)
  await assert.rejects(
    decodeLargeYaml(bytesOf(`${text}  k7: no\n`)),
    error => error instanceof DecodeError && /key "k7" already set in map/.test(error.message),
  )
})

test('decodeLargeYaml() leaves the event loop to others', async () => {
  let turns = 0
  let reading = true
  const turn = (): void => {
    turns++
    if (reading) setImmediate(turn)
  }
  turn()
  await decodeLargeYaml(bytesOf(lines(i => `k${i}: v\n`, 200_000)))
  reading = false
  assert.ok(turns > 100, `${turns} turns`)
})

test('decodeLargeYaml() keeps eight bodies at most', async () => {
  const body = bytesOf(lines(i => `k${i}: v\n`, 20_000))
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => decodeLargeYaml(body)))
  const refused = outcomes
    .filter(outcome => outcome.status === 'rejected')
    .map(outcome => outcome.reason as StatusError)
  assert.deepEqual(
    refused.map(({ code }) => code),
    [429, 429],
  )
})

test('decodeLargeYaml() reads or refuses whatever it is given', async () => {
  const texts = ['['.repeat(200_000), '- '.repeat(100_000), '\u0000'.repeat(3 * 1024 * 1024)]
  for (const text of texts) {
    try {
      await decodeLargeYaml(bytesOf(text))
    } catch (error) {
      assert.ok(error instanceof DecodeError || error instanceof StatusError, String(error))
    }
  }
})
