/** core/v1 Pod. */
import type { Pod } from '../../../api/core-v1.gen.ts'
import { defineKind } from '../../define-kind.ts'
import type { Kind } from '../../kind.ts'
import { podColumns } from './columns.ts'
import { setStoredPodDefaults } from './defaults.ts'
import { podStatus, podStrategy } from './strategy.ts'

export { type PodSummary, summarizePod } from './columns.ts'
export { ephemeralContainersView, type PodView, resizeView } from './views.ts'

export const pods: Kind<Pod> = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  columns: podColumns,
  selectableFields: {
    'spec.nodeName': pod => pod.spec?.nodeName ?? '',
    'spec.restartPolicy': pod => pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': pod => pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': pod => pod.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': pod => String(pod.spec?.hostNetwork ?? false),
    'status.phase': pod => pod.status?.phase ?? '',
    'status.podIP': pod => pod.status?.podIPs?.[0]?.ip ?? '',
    'status.podIPs': pod => pod.status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': pod => pod.status?.nominatedNodeName ?? '',
    // The old name of spec.nodeName.
    'spec.host': pod => pod.spec?.nodeName ?? '',
  },
  subresources: {
    status: podStatus,
    others: {
      attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
      binding: { kind: 'Binding', verbs: ['create'] },
      ephemeralcontainers: { kind: 'Pod', verbs: ['get', 'patch', 'update'] },
      eviction: { kind: 'Eviction', groupVersion: 'policy/v1', verbs: ['create'] },
      exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
      log: { kind: 'Pod', verbs: ['get'] },
      portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
      proxy: { kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
      resize: { kind: 'Pod', verbs: ['get', 'patch', 'update'] },
    },
  },
  strategy: podStrategy,
  setDefaults: setStoredPodDefaults,
  definition: 'io.k8s.api.core.v1.Pod',
})
