/**
 * A scanner over JSON text after the states of encoding/json's scanner.go: it throws its words for the first wrong
 * character and finds keys that are given twice, which JSON.parse does not tell. Slow beside the engine's parser and asked only
 * where it is needed.
 */
import { DecodeError } from '../schema/index.ts'

const maxDepth = 1_000
const maxDuplicates = 100

interface Cursor {
  readonly text: string
  at: number
  depth: number
  readonly duplicates: string[]
}

/** Duplicate keys as `duplicate field "a.b[0].c"`; throws DecodeError for malformed text. */
export function scanJson(text: string): string[] {
  const cursor: Cursor = { text, at: 0, depth: 0, duplicates: [] }
  scanValue(cursor, '')
  skipSpace(cursor)
  if (cursor.at < text.length) throw unexpected(cursor, 'after top-level value')
  return cursor.duplicates
}

function unexpected(cursor: Cursor, context: string): DecodeError {
  const char = cursor.text[cursor.at]
  if (char === undefined) return new DecodeError('unexpected end of JSON input')
  const shown = char === "'" ? "\\'" : char === '"' ? '"' : JSON.stringify(char).slice(1, -1)
  return new DecodeError(`invalid character '${shown}' ${context}`)
}

function skipSpace(cursor: Cursor): string | undefined {
  let char = cursor.text[cursor.at]
  while (char === ' ' || char === '\n' || char === '\t' || char === '\r') char = cursor.text[++cursor.at]
  return char
}

function scanValue(cursor: Cursor, path: string): void {
  const char = skipSpace(cursor)
  if (char === '{') {
    nested(cursor, () => scanObject(cursor, path))
    return
  }
  if (char === '[') {
    nested(cursor, () => scanArray(cursor, path))
    return
  }
  if (char === '"') return void scanString(cursor)
  if (char === 't') {
    scanLiteral(cursor, 'true')
    return
  }
  if (char === 'f') {
    scanLiteral(cursor, 'false')
    return
  }
  if (char === 'n') {
    scanLiteral(cursor, 'null')
    return
  }
  if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) {
    scanNumber(cursor)
    return
  }
  throw unexpected(cursor, 'looking for beginning of value')
}

function nested(cursor: Cursor, scan: () => void): void {
  if (++cursor.depth > maxDepth) throw unexpected(cursor, 'exceeded max depth')
  cursor.at++
  scan()
  cursor.depth--
}

function scanObject(cursor: Cursor, path: string): void {
  if (skipSpace(cursor) === '}') return void cursor.at++
  const seen = new Set<string>()
  for (;;) {
    if (skipSpace(cursor) !== '"') throw unexpected(cursor, 'looking for beginning of object key string')
    const key = scanString(cursor)
    const here = path === '' ? key : `${path}.${key}`
    if (seen.has(key)) report(cursor, here)
    seen.add(key)
    if (skipSpace(cursor) !== ':') throw unexpected(cursor, 'after object key')
    cursor.at++
    scanValue(cursor, here)
    const char = skipSpace(cursor)
    if (char === '}') return void cursor.at++
    if (char !== ',') throw unexpected(cursor, 'after object key:value pair')
    cursor.at++
  }
}

function report(cursor: Cursor, path: string): void {
  const text = `duplicate field ${JSON.stringify(path)}`
  if (cursor.duplicates.length < maxDuplicates && !cursor.duplicates.includes(text)) cursor.duplicates.push(text)
}

function scanArray(cursor: Cursor, path: string): void {
  if (skipSpace(cursor) === ']') return void cursor.at++
  for (let index = 0; ; index++) {
    scanValue(cursor, `${path}[${index}]`)
    const char = skipSpace(cursor)
    if (char === ']') return void cursor.at++
    if (char !== ',') throw unexpected(cursor, 'after array element')
    cursor.at++
  }
}

/** The string's value; the cursor stands after its closing quote. */
function scanString(cursor: Cursor): string {
  const start = cursor.at++
  for (;;) {
    const char = cursor.text[cursor.at]
    if (char === '"') {
      cursor.at++
      return JSON.parse(cursor.text.slice(start, cursor.at)) as string
    }
    if (char === undefined || char < ' ') throw unexpected(cursor, 'in string literal')
    cursor.at++
    if (char === '\\') scanEscape(cursor)
  }
}

function scanEscape(cursor: Cursor): void {
  const char = cursor.text[cursor.at]
  if (char === undefined || !'"\\/bfnrtu'.includes(char)) throw unexpected(cursor, 'in string escape code')
  cursor.at++
  if (char !== 'u') return
  for (let i = 0; i < 4; i++) {
    if (!/[0-9a-fA-F]/.test(cursor.text[cursor.at] ?? ''))
      throw unexpected(cursor, 'in \\u hexadecimal character escape')
    cursor.at++
  }
}

function scanLiteral(cursor: Cursor, literal: string): void {
  for (const char of literal) {
    if (cursor.text[cursor.at] !== char) throw unexpected(cursor, `in literal ${literal} (expecting '${char}')`)
    cursor.at++
  }
}

function scanNumber(cursor: Cursor): void {
  if (cursor.text[cursor.at] === '-') cursor.at++
  if (cursor.text[cursor.at] === '0') cursor.at++
  else digits(cursor, 'in numeric literal')
  if (cursor.text[cursor.at] === '.') {
    cursor.at++
    digits(cursor, 'after decimal point in numeric literal')
  }
  if (cursor.text[cursor.at] === 'e' || cursor.text[cursor.at] === 'E') {
    cursor.at++
    if (cursor.text[cursor.at] === '+' || cursor.text[cursor.at] === '-') cursor.at++
    digits(cursor, 'in exponent of numeric literal')
  }
}

function digits(cursor: Cursor, context: string): void {
  const start = cursor.at
  while ((cursor.text[cursor.at] ?? '') >= '0' && (cursor.text[cursor.at] ?? '') <= '9') cursor.at++
  if (cursor.at === start) throw unexpected(cursor, context)
}
