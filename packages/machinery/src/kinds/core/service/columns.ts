/** How `kubectl get services` shows a service: printService of pkg/printers/internalversion. */
import type { Service } from '../../../api/core-v1.gen.ts'
import { ageColumn, type Column, nameColumn } from '../../../table/index.ts'
import { textColumn } from '../../make-column.ts'
import { formatLabels } from '../pod-spec/index.ts'

export const serviceColumns: readonly Column<Service>[] = [
  nameColumn,
  textColumn('Type', 'How the service is exposed.', ({ spec }) => spec?.type ?? ''),
  textColumn('Cluster-IP', 'Its address within the cluster.', ({ spec }) => spec?.clusterIPs?.[0] ?? '<none>'),
  textColumn('External-IP', 'Its addresses from outside.', externalIp),
  textColumn('Port(s)', 'Its ports, and those of the nodes after the colon.', ports),
  ageColumn,
  textColumn('Selector', 'Labels of the pods behind it.', ({ spec }) => formatLabels(spec?.selector), 1),
]

function externalIp({ spec = {}, status }: Service): string {
  const given = spec.externalIPs ?? []
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return given.join(',') || '<none>'
    case 'LoadBalancer': {
      const ingress = status?.loadBalancer?.ingress ?? []
      const balanced = [...new Set(ingress.map(({ ip, hostname }) => ip || (hostname ?? '')))].filter(Boolean).sort()
      return [...balanced, ...given].join(',') || '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return '<unknown>'
  }
}

function ports({ spec }: Service): string {
  const list = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol ?? ''}` : `${port}/${protocol ?? ''}`,
  )
  return list.join(',') || '<none>'
}
