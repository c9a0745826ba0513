/** What follows from a service's type: which fields it may have and which it needs. */
import type { Service } from '../../../api/core-v1.gen.ts'

export const isHeadless = ({ spec }: Service): boolean =>
  spec?.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None'
export const isLoadBalancer = ({ spec }: Service): boolean => spec?.type === 'LoadBalancer'
export const needsClusterIp = ({ spec }: Service): boolean => spec?.type !== 'ExternalName'
export const needsNodePort = ({ spec }: Service): boolean => spec?.type === 'NodePort' || spec?.type === 'LoadBalancer'
/** A load balancer that sends traffic only to nodes with endpoints asks each node whether it has any. */
export const needsHealthCheck = (service: Service): boolean =>
  isLoadBalancer(service) && service.spec?.externalTrafficPolicy === 'Local'
export const isExternallyAccessible = (service: Service): boolean =>
  needsNodePort(service) || (service.spec?.type === 'ClusterIP' && (service.spec.externalIPs ?? []).length > 0)
