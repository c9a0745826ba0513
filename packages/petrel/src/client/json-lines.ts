/**
 * Values from a stream of JSON texts, one a line: the wire form of a watch. Holds one unfinished line and what came
 * with it; a line beyond `limitBytes` breaks the stream instead of filling the memory.
 */

/** Yields the decoded lines; empty ones are skipped. Throws RangeError on a line that is too long. */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<unknown> {
  const unfinished: Uint8Array[] = []
  let heldBytes = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(0x0a, start); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const line =
        heldBytes === 0
          ? chunk.subarray(start, end)
          : Buffer.concat([...unfinished.splice(0), chunk.subarray(start, end)])
      heldBytes = 0
      start = end + 1
      const value = parse(line)
      if (value !== undefined) yield value
    }
    if (start === chunk.length) continue
    unfinished.push(chunk.subarray(start))
    heldBytes += chunk.length - start
    if (heldBytes > limitBytes) throw new RangeError(`Cannot read the stream: a line has more than ${limitBytes} bytes`)
  }
  const rest = parse(Buffer.concat(unfinished))
  if (rest !== undefined) yield rest
}

function parse(line: Uint8Array): unknown {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8').trim()
  return text === '' ? undefined : JSON.parse(text)
}
