/**
 * Compares output with expected text that has holes. Runs of blanks are alike, so that a table matches whatever its
 * widest cell; blanks at line ends and empty lines around the text do not count.
 */
import type { Expected } from './step.ts'

const holes: Readonly<Record<string, string>> = {
  age: '(?:\\d+[smhdy])+',
  hash: '[bcdf0-9a-z]{5,11}',
  rand: '[bcdfghjklmnpqrstvwxz2456789]{5}',
  ip: '[0-9a-f]+(?:[.:][0-9a-f]*)+',
  port: String.raw`\d{2,5}`,
  number: String.raw`\d+`,
  time: String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`,
  date: String.raw`\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}`,
  uid: '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}',
  word: String.raw`\S+`,
  any: '[^\n]*',
  lines: '(?:[^\n]*\n)*?[^\n]*',
}

/** What is wrong with the output; undefined when it is as expected. */
export function mismatch(output: string, expected: Expected): string | undefined {
  if (typeof expected === 'string') {
    if (textPattern(expected).test(tidy(output))) return undefined
    return `is not\n${indent(tidy(expected))}\nbut\n${indent(tidy(output))}`
  }
  for (const pattern of expected instanceof RegExp ? [expected] : expected) {
    if (!pattern.test(output)) return `lacks ${pattern}:\n${indent(output)}`
  }
  return undefined
}

function textPattern(expected: string): RegExp {
  const parts = tidy(expected).split(/(\[\[|\]\]|<\w+>|[ \t]{2,}|\t)/)
  const source = parts.map(part => {
    if (part === '[[') return '(?:'
    if (part === ']]') return ')?'
    if (/^[ \t]+$/.test(part) && part !== ' ') return '[ \\t]+'
    const hole = holes[part.slice(1, -1)]
    return part.startsWith('<') && hole !== undefined ? `(?:${hole})` : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${source.join('')}$`)
}

function tidy(text: string): string {
  return text.replaceAll(/[ \t]+$/gm, '').replaceAll(/^\n+|\n+$/g, '')
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
