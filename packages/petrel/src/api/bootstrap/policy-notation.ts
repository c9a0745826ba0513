/** The short form in which the bootstrap policy is written: lists are words with spaces between, `core` is the group ''. */
import type { PolicyRule } from '@petrel/machinery/api/rbac-v1'

export const read = 'get list watch'
export const write = 'create delete deletecollection patch update'
export const all = 'create delete deletecollection get list patch update watch'

export function on(groups: string, resources: string, verbs: string, names?: string): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: words(groups).map(group => (group === 'core' ? '' : group)),
    resources: words(resources),
    ...(names !== undefined && { resourceNames: words(names) }),
  }
}

export function urls(verbs: string, paths: string): PolicyRule {
  return { verbs: words(verbs), nonResourceURLs: words(paths) }
}

/** What every part that tells about itself may do. */
export function recordEvents(): PolicyRule {
  return on('core events.k8s.io', 'events', 'create patch update')
}

function words(text: string): string[] {
  return text.split(' ')
}
