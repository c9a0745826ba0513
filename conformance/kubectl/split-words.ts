/** Splits a command line as a shell does: blanks separate, quotes keep together, a backslash outside '' takes the next character. */
export function splitWords(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!
    if (char === '\\' && quote !== "'") word = (word ?? '') + (line[++i] ?? '')
    else if (quote) {
      if (char === quote) quote = ''
      else word += char
    } else if (char === "'" || char === '"') {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + char
  }
  if (quote) throw new SyntaxError(`Cannot split ${JSON.stringify(line)}: the ${quote} is never closed`)
  if (word !== undefined) words.push(word)
  return words
}
