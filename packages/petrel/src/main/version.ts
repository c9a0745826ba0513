/** Which Petrel this is, and which Kubernetes it serves. */
import type { Info } from '@petrel/machinery/api/version'

export const petrelVersion = '0.1.0'

/** The Kubernetes release whose API is served; what follows the plus is a remark that clients ignore. */
export const kubernetesVersion = 'v1.36.2+petrel1'

export const versionInfo: Info = {
  major: '1',
  minor: '36',
  gitVersion: kubernetesVersion,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-11-20T00:00:00Z',
  goVersion: `node${process.versions.node}`,
  compiler: 'v8',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
}
