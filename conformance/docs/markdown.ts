/**
 * The code blocks of a page, with what is to be done with them. A comment on the line before a fence says more:
 *
 *   <!-- background: REGEX -->   runs on until the page ends; the next block starts once its output matches
 *   <!-- expect: TEXT -->        the output must contain TEXT
 *   <!-- skip: REASON -->        not run, and the reason is reported
 */
export interface Block {
  readonly language: string
  readonly text: string
  readonly line: number
  readonly background: RegExp | undefined
  readonly expect: readonly string[]
  readonly skip: string | undefined
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  const lines = markdown.split('\n')
  let directives: [string, string][] = []
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    const directive = /^<!-- (background|expect|skip): (.*) -->$/.exec(line)
    if (directive) {
      directives.push([directive[1]!, directive[2]!])
      continue
    }
    const fence = /^```(\w*)$/.exec(line)
    if (!fence) {
      if (line !== '') directives = []
      continue
    }
    const end = lines.indexOf('```', i + 1)
    if (end < 0) throw new SyntaxError(`Cannot read the page: the fence of line ${i + 1} is never closed`)
    const find = (name: string): string | undefined => directives.find(([key]) => key === name)?.[1]
    const background = find('background')
    blocks.push({
      language: fence[1]!,
      text: lines.slice(i + 1, end).join('\n'),
      line: i + 1,
      background: background === undefined ? undefined : new RegExp(background),
      expect: directives.filter(([key]) => key === 'expect').map(([, text]) => text),
      skip: find('skip'),
    })
    directives = []
    i = end
  }
  return blocks
}
