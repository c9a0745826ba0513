/** Definition names of the kinds of a group, as OpenAPI writes them, and back. */
const packages: Readonly<Record<string, string>> = {
  '': 'io.k8s.api.core',
  'rbac.authorization.k8s.io': 'io.k8s.api.rbac',
  'flowcontrol.apiserver.k8s.io': 'io.k8s.api.flowcontrol',
  'internal.apiserver.k8s.io': 'io.k8s.api.apiserverinternal',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
  'meta.k8s.io': 'io.k8s.apimachinery.pkg.apis.meta',
}

/** `io.k8s.api.apps.v1.Deployment` of `apps`, `v1`, `Deployment`. Only the name: nothing says that it exists. */
export function definitionOf(group: string, version: string, kind: string): string {
  const dot = group.indexOf('.')
  return `${packages[group] ?? `io.k8s.api.${dot < 0 ? group : group.slice(0, dot)}`}.${version}.${kind}`
}

/** Groups whose package is their first word. */
const groups = [
  'admission.k8s.io',
  'admissionregistration.k8s.io',
  'apidiscovery.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
]

const groupsByPackage: ReadonlyMap<string, string> = new Map([
  ...groups.map(group => [`io.k8s.api.${group.split('.')[0]}`, group] as const),
  ...Object.entries(packages).map(([group, name]) => [name, group === 'meta.k8s.io' ? '' : group] as const),
])

/** The group that a built-in definition belongs to; undefined for types that are no part of a group. */
export function groupOf(definition: string): string | undefined {
  return groupsByPackage.get(definition.split('.').slice(0, -2).join('.'))
}
