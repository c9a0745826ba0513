/**
 * The static token file of `--token-auth-file` (k8s.io/apiserver/pkg/authentication/token/tokenfile): CSV lines of
 * `token,user name,user uid,"group1,group2"`. Its tokens are good for every audience of the API server.
 */
import { intersect, type TokenAuthenticator, type TokenUser } from './token-authenticator.ts'

/** `file` is named in errors and warnings. `audiences` are the API server's. */
export function tokenFile(
  file: string,
  text: string,
  audiences: readonly string[],
  warn: (message: string) => void,
): TokenAuthenticator {
  const users = new Map<string, TokenUser['user']>()
  for (const [index, record] of records(file, text).entries()) {
    const [token = '', username = '', uid = '', groups = ''] = record
    if (record.length < 3) {
      throw new SyntaxError(
        `token file '${file}' must have at least 3 columns (token, user name, user uid), found ${record.length}`,
      )
    }
    if (token === '') {
      warn(`empty token has been found in token file '${file}', record number '${index + 1}'`)
      continue
    }
    if (users.has(token)) warn(`duplicate token has been found in token file '${file}', record number '${index + 1}'`)
    users.set(token, { username, ...(uid !== '' && { uid }), groups: groups === '' ? [] : groups.split(',') })
  }
  return {
    authenticateToken(token, requested = audiences) {
      const user = users.get(token)
      const common = intersect(requested, audiences)
      return user && common.length > 0 ? { user, audiences: common } : undefined
    },
  }
}

/** RFC 4180 as Go's encoding/csv reads it: fields may be quoted, blank lines are skipped, the first line sets the width. */
function records(file: string, text: string): string[][] {
  const rows: string[][] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue
    const row: string[] = []
    let rest = line
    for (;;) {
      const field = /^(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/.exec(rest)
      if (!field) throw new SyntaxError(`Cannot read token file '${file}': line ${index + 1} has a stray quote`)
      row.push(field[1]?.replaceAll('""', '"') ?? field[2] ?? '')
      if (field[3] === '') break
      rest = rest.slice(field[0].length)
    }
    rows.push(row)
  }
  return rows
}
