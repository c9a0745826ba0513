/**
 * Reads label selectors as text, `x in (a,,b),y,!z,n>5`, with the grammar and the complaints of
 * k8s.io/apimachinery/pkg/labels: an empty string is a value, `in` and `notin` are words only between key and values.
 */
import { qualifiedNameFaults } from '../names/index.ts'
import {
  everything,
  type LabelOperator,
  type LabelRequirement,
  type LabelSelector,
  labelSelector,
  requirementFaults,
} from './label-selector.ts'

type Kind = 'end' | ')' | ',' | '!' | '==' | '=' | '>' | '<' | '!=' | '(' | 'in' | 'notin' | 'word'

interface Token {
  readonly kind: Kind
  readonly text: string
}

const operators: ReadonlyMap<Kind, LabelOperator> = new Map([
  ['in', 'in'],
  ['notin', 'notin'],
  ['=', '='],
  ['==', '=='],
  ['!=', '!='],
  ['>', 'gt'],
  ['<', 'lt'],
])

/** Compiles the text or throws a SyntaxError in upstream's words; an empty text selects everything. */
export function parseLabelSelector(text: string): LabelSelector {
  return text === '' ? everything : labelSelector(new Parser(tokens(text)).selector())
}

/** Words, runs of special characters cut into the longest symbols, blanks between them. A NUL ends the text as in upstream. */
function tokens(text: string): Token[] {
  const found: Token[] = []
  const end = text.indexOf('\0')
  for (const [piece] of (end < 0 ? text : text.slice(0, end)).matchAll(/[^ \t\r\n=!(),<>]+|==|!=|[=!(),<>]/g)) {
    const isWord = !/^[=!(),<>]/.test(piece)
    found.push({ kind: isWord && piece !== 'in' && piece !== 'notin' ? 'word' : (piece as Kind), text: piece })
  }
  found.push({ kind: 'end', text: '' })
  return found
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** `in` and `notin` are words where a key or value is expected. */
  #peek(): Token {
    const token = this.#tokens[this.#at] ?? { kind: 'end', text: '' }
    return token.kind === 'in' || token.kind === 'notin' ? { kind: 'word', text: token.text } : token
  }

  #take(): Token {
    const token = this.#peek()
    this.#at++
    return token
  }

  selector(): LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    for (;;) {
      const { kind, text } = this.#peek()
      if (kind === 'end') return requirements
      if (kind !== 'word' && kind !== '!') {
        throw new SyntaxError(`found '${text}', expected: !, identifier, or 'end of string'`)
      }
      requirements.push(this.#requirement())
      const next = this.#take()
      if (next.kind === 'end') return requirements
      if (next.kind !== ',') throw new SyntaxError(`found '${next.text}', expected: ',' or 'end of string'`)
      const following = this.#peek()
      if (following.kind !== 'word' && following.kind !== '!') {
        throw new SyntaxError(`found '${following.text}', expected: identifier after ','`)
      }
    }
  }

  #requirement(): LabelRequirement {
    try {
      const requirement = this.#keyOperatorValues()
      const faults = requirementFaults(requirement)
      if (faults.length > 0) throw new SyntaxError(faults.length === 1 ? faults[0] : `[${faults.join(', ')}]`)
      return requirement
    } catch (cause) {
      throw new SyntaxError(`unable to parse requirement: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
  }

  #keyOperatorValues(): LabelRequirement {
    let token = this.#take()
    const negated = token.kind === '!'
    if (negated) token = this.#take()
    if (token.kind !== 'word') throw new SyntaxError(`found '${token.text}', expected: identifier`)
    const key = token.text
    const faults = qualifiedNameFaults(key)
    if (faults.length > 0) {
      throw new SyntaxError(`<nil>: Invalid value: ${JSON.stringify(key)}: ${faults.join('; ')}`)
    }
    const { kind } = this.#peek()
    // `!key` ends here whatever follows; the caller complains about that.
    if (negated) return { key, operator: '!', values: [] }
    if (kind === 'end' || kind === ',') return { key, operator: 'exists', values: [] }

    const symbol = this.#tokens[this.#at++] ?? { kind: 'end', text: '' }
    const operator = operators.get(symbol.kind)
    if (operator === undefined) {
      throw new SyntaxError(`found '${symbol.text}', expected: in, notin, =, ==, !=, gt, lt`)
    }
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()]
    return { key, operator, values }
  }

  #exactValue(): string {
    const { kind } = this.#peek()
    if (kind === 'end' || kind === ',') return ''
    const token = this.#take()
    if (token.kind !== 'word') throw new SyntaxError(`found '${token.text}', expected: identifier`)
    return token.text
  }

  #values(): string[] {
    const open = this.#take()
    if (open.kind !== '(') throw new SyntaxError(`found '${open.text}' expected: '('`)
    const first = this.#peek()
    if (first.kind === ')') {
      this.#take()
      return ['']
    }
    if (first.kind !== 'word' && first.kind !== ',') {
      throw new SyntaxError(`found '${first.text}', expected: ',', ')' or identifier`)
    }
    const values = this.#list()
    this.#take()
    return [...values].sort()
  }

  /** Up to the closing parenthesis, which stays. Between two commas, or a comma and a parenthesis, is an empty value. */
  #list(): Set<string> {
    const values = new Set<string>()
    for (;;) {
      const token = this.#take()
      const next = this.#peek()
      if (token.kind === 'word') {
        values.add(token.text)
        if (next.kind === ')') return values
        if (next.kind !== ',') throw new SyntaxError(`found '${next.text}', expected: ',' or ')'`)
      } else if (token.kind === ',') {
        if (values.size === 0) values.add('')
        if (next.kind === ')' || next.kind === ',') values.add('')
        if (next.kind === ')') return values
      } else {
        throw new SyntaxError(`found '${token.text}', expected: ',', or identifier`)
      }
    }
  }
}
