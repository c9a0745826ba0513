/**
 * JSON bodies. The engine's parser does the work; what it refuses is scanned once more for Go's words. Integers that a
 * double cannot hold exactly (beyond ±(2^53−1)) are refused: nothing is rounded in silence.
 */
import { DecodeError } from '../schema/index.ts'
import { scanJson } from './scan-json.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The text of a body: invalid UTF-8 becomes U+FFFD, as in Go. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** Parses a body. Throws DecodeError in the words of encoding/json. */
export function decodeJson(body: string | Uint8Array): unknown {
  const text = typeof body === 'string' ? body : decodeText(body)
  try {
    return longDigits.test(text) ? JSON.parse(text, exactIntegers) : JSON.parse(text)
  } catch (error) {
    if (error instanceof DecodeError) throw error
    scanJson(text)
    throw new DecodeError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Without a run of 16 digits no integer is too long; texts with one are parsed with a look at each number. */
const longDigits = /\d{16}/

function exactIntegers(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined || !/^-?\d+$/.test(source))
    return value
  throw new DecodeError(
    `json: cannot unmarshal number ${source}: integers beyond ±9007199254740991 are not kept exactly`,
  )
}

/** `duplicate field "spec.replicas"` for every key that occurs again in its object, in the order of the text; at most 100. */
export function duplicateFields(body: string | Uint8Array): string[] {
  return scanJson(typeof body === 'string' ? body : decodeText(body))
}
