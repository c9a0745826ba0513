import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ResponseReader } from './response-reader.ts'

interface Answer {
  status: number
  body: string
}

function read(pieces: readonly Buffer[]): Answer[] {
  const answers: Answer[] = []
  let open: Answer = { status: 0, body: '' }
  const reader = new ResponseReader({
    head: status => {
      open = { status, body: '' }
    },
    body: piece => {
      open.body += piece.toString('latin1')
    },
    end: () => void answers.push(open),
  })
  for (const piece of pieces) reader.push(piece)
  return answers
}

function sized({ status, body }: Answer): string {
  return `HTTP/1.1 ${status} Words\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

function chunked({ status, body }: Answer, size: number): string {
  let text = `HTTP/1.1 ${status} Words\r\ntransfer-encoding: chunked\r\n\r\n`
  for (let i = 0; i < body.length; i += size) {
    const chunk = body.slice(i, i + size)
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`
  }
  return `${text}0\r\n\r\n`
}

test('ResponseReader reads the same answers however the bytes were cut', () => {
  const answer = fc.record(
    {
      status: fc.constantFrom(200, 201, 404, 503),
      body: fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', '{'), maxLength: 60 }),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(answer, fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (answers, cuts) => {
        const text = answers.map(([one, size]) => (size === 0 ? sized(one) : chunked(one, size))).join('')
        const bytes = Buffer.from(text, 'latin1')
        const pieces: Buffer[] = []
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const length = cuts[i % cuts.length]!
          pieces.push(bytes.subarray(at, at + length))
          at += length
        }
        assert.deepEqual(
          read(pieces),
          answers.map(([one]) => one),
        )
      },
    ),
  )
})

test('ResponseReader refuses what it does not understand', () => {
  assert.throws(() => read([Buffer.from('HTTP/1.1 200 OK\r\n\r\nuntil the end')]), /Cannot tell where the body/)
  assert.throws(
    () => read([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n')]),
    /Not the size of a chunk: no size/,
  )
})
