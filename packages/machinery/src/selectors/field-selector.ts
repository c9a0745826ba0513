/**
 * Field selectors, `metadata.name=a,status.phase!=Running`, after k8s.io/apimachinery/pkg/fields: a backslash escapes
 * `\`, `,` and `=` in values. Which fields exist is the kind's business.
 */

export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[]
  readonly empty: boolean
  /** `read` yields the value of a field, empty where there is none. */
  matches(read: (field: string) => string): boolean
  /** The only value that `field` may have, where there is one: a name turns a list into a get. */
  exactValue(field: string): string | undefined
  toString(): string
}

export const everyField: FieldSelector = fieldSelector([])

/** Parses or throws a SyntaxError in upstream's words; an empty text selects everything. */
export function parseFieldSelector(text: string): FieldSelector {
  if (text === '') return everyField
  const requirements: FieldRequirement[] = []
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue
    const found = /!=|==|=/.exec(term)
    if (!found) throw new SyntaxError(`invalid selector: '${text}'; can't understand '${term}'`)
    requirements.push({
      field: term.slice(0, found.index),
      operator: found[0] === '!=' ? '!=' : '=',
      value: unescapeValue(term.slice(found.index + found[0].length)),
    })
  }
  return fieldSelector(requirements)
}

/**
 * Throws a SyntaxError at the first field that is neither metadata.name, metadata.namespace nor in `selectable`. The
 * words depend on whether the kind has fields of its own, as upstream's do, unless the kind has its own words.
 */
export function requireSelectable(
  selector: FieldSelector,
  selectable: Readonly<Record<string, unknown>>,
  refusal?: (field: string) => string,
): void {
  for (const { field } of selector.requirements) {
    if (field === 'metadata.name' || field === 'metadata.namespace' || Object.hasOwn(selectable, field)) continue
    if (refusal) throw new SyntaxError(refusal(field))
    throw new SyntaxError(
      Object.keys(selectable).length > 0
        ? `field label not supported: ${field}`
        : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
    )
  }
}

function fieldSelector(requirements: readonly FieldRequirement[]): FieldSelector {
  return {
    requirements,
    empty: requirements.length === 0,
    matches: read => requirements.every(({ field, operator, value }) => (read(field) === value) === (operator === '=')),
    exactValue: field => requirements.find(one => one.field === field && one.operator === '=')?.value,
    toString: () => requirements.map(one => `${one.field}${one.operator}${escapeValue(one.value)}`).join(','),
  }
}

/** At commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms: string[] = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === ',') {
      terms.push(text.slice(start, i))
      start = i + 1
    }
  }
  terms.push(text.slice(start))
  return terms
}

function escapeValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&')
}

function unescapeValue(text: string): string {
  return text.replace(/\\([\s\S]?)|[,=]/gu, (sequence, escaped: string | undefined) => {
    if (escaped === undefined) {
      // Upstream prints the number of the character.
      throw new SyntaxError(`invalid field selector: unescaped character in value: ${sequence.codePointAt(0)}`)
    }
    if (escaped === '\\' || escaped === ',' || escaped === '=') return escaped
    throw new SyntaxError(`invalid field selector: invalid escape sequence: ${sequence}`)
  })
}
