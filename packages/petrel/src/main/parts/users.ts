/** The users as which the parts of this process call the API: the same names and groups as upstream's components. */
import type { UserInfo } from '../../api/index.ts'

const authenticated = 'system:authenticated'

/** Whoever owns the data folder. */
export const administrator: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', authenticated] }

/** The loops run in the server's own process and act for every controller's role at once. */
export const controllerManager: UserInfo = {
  username: 'system:kube-controller-manager',
  groups: ['system:masters', authenticated],
}

export const scheduler: UserInfo = { username: 'system:kube-scheduler', groups: [authenticated] }

export function nodeUser(name: string): UserInfo {
  return { username: `system:node:${name}`, groups: ['system:nodes', authenticated] }
}
