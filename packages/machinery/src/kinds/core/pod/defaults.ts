/** Defaults of a pod as it is stored: those of its spec, and the old names of addresses beside the new ones. */
import type { Pod } from '../../../api/core-v1.gen.ts'
import { setPodDefaults } from '../pod-spec/index.ts'

export function setStoredPodDefaults(pod: Pod): void {
  setPodDefaults(pod)
  const { status } = pod
  if (!status) return
  // As the conversion between v1 and upstream's internal type: the list wins, the single one is its head.
  if (status.podIP && !status.podIPs?.length) status.podIPs = [{ ip: status.podIP }]
  const podIP = status.podIPs?.[0]?.ip
  if (podIP) status.podIP = podIP
}
