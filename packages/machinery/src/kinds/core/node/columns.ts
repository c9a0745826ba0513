/** How `kubectl get nodes` shows a node: printNode of pkg/printers/internalversion. */
import type { Node } from '../../../api/core-v1.gen.ts'
import { ageColumn, type Column, nameColumn } from '../../../table/index.ts'
import { textColumn } from '../../make-column.ts'

const rolePrefix = 'node-role.kubernetes.io/'
const roleLabel = 'kubernetes.io/role'

export const nodeColumns: readonly Column<Node>[] = [
  nameColumn,
  textColumn('Status', 'Whether the node is ready and takes pods.', nodeStatus),
  textColumn('Roles', 'What the node is for, by its labels.', ({ metadata }) => nodeRoles(metadata?.labels)),
  ageColumn,
  textColumn('Version', 'Version of the node agent.', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
  textColumn('Internal-IP', 'Address within the cluster.', node => address(node, 'InternalIP'), 1),
  textColumn('External-IP', 'Address from outside.', node => address(node, 'ExternalIP'), 1),
  textColumn('OS-Image', 'Operating system.', ({ status }) => status?.nodeInfo?.osImage || '<unknown>', 1),
  textColumn('Kernel-Version', 'Kernel, and the machine it is for.', kernel, 1),
  textColumn(
    'Container-Runtime',
    'What runs the containers.',
    ({ status }) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    1,
  ),
]

function nodeStatus({ spec, status }: Node): string {
  // A type twice should not be; upstream takes the last.
  const ready = status?.conditions?.findLast(condition => condition.type === 'Ready')
  const word = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word
}

function nodeRoles(labels: Readonly<Record<string, string>> | undefined): string {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (key.startsWith(rolePrefix)) roles.add(key.slice(rolePrefix.length))
    else if (key === roleLabel) roles.add(value)
  }
  roles.delete('')
  return [...roles].sort().join(',') || '<none>'
}

function address({ status }: Node, type: string): string {
  return status?.addresses?.find(candidate => candidate.type === type)?.address ?? '<none>'
}

function kernel({ status }: Node): string {
  const { kernelVersion, architecture } = status?.nodeInfo ?? {}
  return (kernelVersion || '<unknown>') + (architecture ? ` (${architecture})` : '')
}
