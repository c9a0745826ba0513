/**
 * Progress of long work on a terminal: lines that are rewritten in place while it goes on. Elsewhere, one line for each
 * thing whose state changed, so that a log stays readable.
 */
export interface Progress {
  /** Shows the state of everything; `lines` by name. */
  show(lines: readonly { readonly name: string; readonly words: string; readonly done: boolean }[]): void
  /** Leaves the last state standing. */
  end(): void
}

export interface Terminal {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export function createProgress(terminal: Terminal): Progress {
  let drawn = 0
  const said = new Map<string, string>()
  return {
    show(lines) {
      const width = Math.max(0, ...lines.map(({ name }) => name.length))
      const texts = lines.map(({ name, words, done }) => `  ${done ? '✓' : '…'} ${name.padEnd(width)}  ${words}`)
      if (terminal.isTTY) {
        const up = drawn > 0 ? `\x1b[${drawn}A` : ''
        terminal.write(`${up}${texts.map(text => `\x1b[2K${text}\n`).join('')}`)
        drawn = texts.length
        return
      }
      for (const [i, { name }] of lines.entries()) {
        if (said.get(name) === texts[i]) continue
        said.set(name, texts[i]!)
        terminal.write(`${texts[i]}\n`)
      }
    },
    end() {
      drawn = 0
    },
  }
}
