/** Who a container runs as: numbers from the pod, names and groups from the image's own /etc/passwd and /etc/group. */
import { readFileSync } from 'node:fs'
import { MergedView } from '../../image/index.ts'

export interface User {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  readonly home: string
}

interface Passwd {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

export interface UserRequest {
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly supplementalGroups: readonly number[]
}

/**
 * `imageUser` is the image config's: `name`, `uid`, `name:group`, `uid:gid`. The pod's numbers go before it.
 * Throws RangeError when a name is not in the image.
 */
export function resolveUser(imageUser: string, request: UserRequest, layers: readonly string[]): User {
  const view = new MergedView(layers)
  const users = parsePasswd(readInside(view, 'etc/passwd'))
  const groups = readInside(view, 'etc/group')
    .split('\n')
    .map(line => line.split(':'))
  const [userPart = '', groupPart = ''] =
    request.runAsUser === undefined ? imageUser.split(':') : [String(request.runAsUser)]
  const found = users.find(user => user.name === userPart) ?? users.find(user => String(user.uid) === (userPart || '0'))
  const uid = found?.uid ?? numeric(userPart || '0')
  if (uid === undefined) throw new RangeError(`unable to find user ${userPart}: no matching entries in passwd file`)
  const named = groups.find(fields => fields[0] === groupPart)?.[2]
  const imageGid = groupPart === '' ? (found?.gid ?? 0) : numeric(named ?? groupPart)
  if (imageGid === undefined)
    throw new RangeError(`unable to find group ${groupPart}: no matching entries in group file`)
  const gid = request.runAsGroup ?? imageGid
  const member = groups
    .filter(fields => found && (fields[3] ?? '').split(',').includes(found.name))
    .map(fields => Number(fields[2]))
  const all = new Set([gid, ...member, ...request.supplementalGroups].filter(Number.isInteger))
  return { uid, gid, groups: [...all], home: found?.home || '/' }
}

function parsePasswd(text: string): Passwd[] {
  return text.split('\n').flatMap(line => {
    const [name, , uid, gid, , home = ''] = line.split(':')
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid), home }] : []
  })
}

function readInside(view: MergedView, path: string): string {
  const found = view.find(path)
  // An image may put anything there; a real file of this kind is small.
  if (!found?.stat.isFile() || found.stat.size > 1 << 20) return ''
  return readFileSync(found.hostPath, 'utf8')
}

function numeric(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined
}
