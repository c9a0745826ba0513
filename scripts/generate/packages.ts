/** The packages whose messages exist here: what v1.36 serves, and the parts of it that cross the wire unserved. */
const served: Readonly<Record<string, readonly string[]>> = {
  admission: ['v1'],
  admissionregistration: ['v1', 'v1beta1', 'v1alpha1'],
  apidiscovery: ['v2'],
  apiserverinternal: ['v1alpha1'],
  apps: ['v1'],
  authentication: ['v1'],
  authorization: ['v1'],
  autoscaling: ['v1', 'v2'],
  batch: ['v1'],
  certificates: ['v1', 'v1beta1', 'v1alpha1'],
  coordination: ['v1', 'v1beta1', 'v1alpha2'],
  core: ['v1'],
  discovery: ['v1'],
  events: ['v1'],
  flowcontrol: ['v1'],
  networking: ['v1', 'v1beta1'],
  node: ['v1'],
  policy: ['v1'],
  rbac: ['v1'],
  resource: ['v1', 'v1beta2', 'v1beta1', 'v1alpha3'],
  scheduling: ['v1', 'v1alpha2'],
  storage: ['v1', 'v1beta1'],
  storagemigration: ['v1beta1'],
}

/** Protobuf package to the folder of its Go package. */
export const packages: readonly (readonly [string, string])[] = [
  ...Object.entries(served).flatMap(([group, versions]) =>
    versions.map(version => [`k8s.io.api.${group}.${version}`, `api/${group}/${version}`] as const),
  ),
  ['k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1', 'apiextensions-apiserver/pkg/apis/apiextensions/v1'],
  ['k8s.io.apimachinery.pkg.apis.meta.v1', 'apimachinery/pkg/apis/meta/v1'],
  ['k8s.io.apimachinery.pkg.runtime', 'apimachinery/pkg/runtime'],
  ['k8s.io.apimachinery.pkg.util.intstr', 'apimachinery/pkg/util/intstr'],
  ['k8s.io.apimachinery.pkg.api.resource', 'apimachinery/pkg/api/resource'],
]
