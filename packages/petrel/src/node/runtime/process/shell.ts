/** Text for other programs: words for sh, fields for fstab. Whatever comes from outside goes through here. */

/** One word for a POSIX shell. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new RangeError('a string with a NUL byte cannot be passed to a program')
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ')
}

/** One field of fstab(5), where white space and backslashes are written in octal. */
export function fstabField(text: string): string {
  if (text.includes('\0')) throw new RangeError('a path with a NUL byte cannot be mounted')
  return text.replace(/[\s\\#]/g, c => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

export interface FstabEntry {
  readonly source: string
  readonly target: string
  readonly type: string
  readonly options: string
}

export function fstab(entries: readonly FstabEntry[]): string {
  return entries.map(e => `${fstabField(e.source)} ${fstabField(e.target)} ${e.type} ${e.options} 0 0\n`).join('')
}
