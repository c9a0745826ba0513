/** Rules of upstream's cluster roles (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go), those of controllers excepted. */
import type { PolicyRule } from '@petrel/machinery/api/rbac-v1'
import { all, on, read, recordEvents, urls, write } from './policy-notation.ts'

/** The cluster role system:node, which the node authorizer applies to nodes without a binding. */
export function nodeRules(): PolicyRule[] {
  return [
    on('authentication.k8s.io', 'tokenreviews', 'create'),
    on('authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews', 'create'),
    on('core', 'services', read),
    on('core', 'nodes', 'create get list watch'),
    on('core', 'nodes/status', 'patch update'),
    on('core', 'nodes', 'patch update'),
    recordEvents(),
    on('core', 'pods', read),
    on('core', 'pods', 'create delete'),
    on('core', 'pods/status', 'patch update'),
    on('core', 'pods/eviction', 'create'),
    on('core', 'configmaps secrets', read),
    on('core', 'persistentvolumeclaims persistentvolumes', 'get'),
    on('core', 'endpoints', 'get'),
    on('certificates.k8s.io', 'certificatesigningrequests', 'create get list watch'),
    on('coordination.k8s.io', 'leases', 'create delete get patch update'),
    on('storage.k8s.io', 'volumeattachments', 'get'),
    on('core', 'serviceaccounts/token', 'create'),
    on('core', 'persistentvolumeclaims/status', 'get patch update'),
    on('storage.k8s.io', 'csidrivers', read),
    on('storage.k8s.io', 'csinodes', 'create delete get patch update'),
    on('node.k8s.io', 'runtimeclasses', read),
    on('resource.k8s.io', 'resourceclaims', 'get'),
    on('resource.k8s.io', 'resourceslices', 'deletecollection'),
    on('core', 'serviceaccounts', 'get'),
  ]
}

/** By name; the aggregated roles admin, edit and view have no rules of their own. */
export function clusterRoleRules(): Record<string, PolicyRule[]> {
  return {
    'cluster-admin': [on('*', '*', '*'), urls('*', '*')],
    'system:aggregate-to-admin': [
      on('authorization.k8s.io', 'localsubjectaccessreviews', 'create'),
      on('rbac.authorization.k8s.io', 'rolebindings roles', all),
    ],
    'system:aggregate-to-edit': [
      on('core', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy', read),
      on('core', 'serviceaccounts', 'impersonate'),
      on('core', 'pods pods/attach pods/exec pods/portforward pods/proxy', write),
      on('core', 'pods/eviction', 'create'),
      on(
        'core',
        'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
        write,
      ),
      on('core', 'serviceaccounts/token', 'create'),
      on('core events.k8s.io', 'events', write),
      on(
        'apps',
        'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
        write,
      ),
      on('autoscaling', 'horizontalpodautoscalers', write),
      on('batch', 'cronjobs jobs', write),
      on(
        'extensions',
        'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
        write,
      ),
      on('policy', 'poddisruptionbudgets', write),
      on('networking.k8s.io', 'ingresses networkpolicies', write),
      on('coordination.k8s.io', 'leases', all),
      on('resource.k8s.io', 'resourceclaims resourceclaimtemplates', write),
    ],
    'system:aggregate-to-view': [
      on(
        'core',
        'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
        read,
      ),
      on(
        'core',
        'bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
        read,
      ),
      on('core', 'namespaces', read),
      on('core events.k8s.io', 'events', read),
      on('discovery.k8s.io', 'endpointslices', read),
      on(
        'apps',
        'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
        read,
      ),
      on('autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status', read),
      on('batch', 'cronjobs cronjobs/status jobs jobs/status', read),
      on(
        'extensions',
        'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
        read,
      ),
      on('policy', 'poddisruptionbudgets poddisruptionbudgets/status', read),
      on('networking.k8s.io', 'ingresses ingresses/status networkpolicies', read),
      on('resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates', read),
    ],
    'system:auth-delegator': [
      on('authentication.k8s.io', 'tokenreviews', 'create'),
      on('authorization.k8s.io', 'subjectaccessreviews', 'create'),
    ],
    'system:basic-user': [
      on('authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews', 'create'),
      on('authentication.k8s.io', 'selfsubjectreviews', 'create'),
    ],
    'system:certificates.k8s.io:certificatesigningrequests:nodeclient': [
      on('certificates.k8s.io', 'certificatesigningrequests/nodeclient', 'create'),
    ],
    'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient': [
      on('certificates.k8s.io', 'certificatesigningrequests/selfnodeclient', 'create'),
    ],
    'system:certificates.k8s.io:kube-apiserver-client-approver': [
      on('certificates.k8s.io', 'signers', 'approve', 'kubernetes.io/kube-apiserver-client'),
    ],
    'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver': [
      on('certificates.k8s.io', 'signers', 'approve', 'kubernetes.io/kube-apiserver-client-kubelet'),
    ],
    'system:certificates.k8s.io:kubelet-serving-approver': [
      on('certificates.k8s.io', 'signers', 'approve', 'kubernetes.io/kubelet-serving'),
    ],
    'system:certificates.k8s.io:legacy-unknown-approver': [
      on('certificates.k8s.io', 'signers', 'approve', 'kubernetes.io/legacy-unknown'),
    ],
    'system:discovery': [
      urls('get', '/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/'),
    ],
    'system:heapster': [on('core', 'events namespaces nodes pods', read), on('extensions', 'deployments', read)],
    'system:kube-aggregator': [on('core', 'endpoints services', read)],
    'system:kube-controller-manager': [
      recordEvents(),
      on('coordination.k8s.io', 'leases', 'create'),
      on('coordination.k8s.io', 'leases', 'get update', 'kube-controller-manager'),
      on('core', 'secrets serviceaccounts', 'create'),
      on('core', 'secrets', 'delete'),
      on('core', 'configmaps namespaces secrets serviceaccounts', 'get'),
      on('core', 'secrets serviceaccounts', 'update'),
      on('authentication.k8s.io', 'tokenreviews', 'create'),
      on('authorization.k8s.io', 'subjectaccessreviews', 'create'),
      on('*', '*', 'list watch'),
      on('core', 'serviceaccounts/token', 'create'),
    ],
    'system:kube-dns': [on('core', 'endpoints services', 'list watch')],
    'system:kube-scheduler': [
      recordEvents(),
      on('coordination.k8s.io', 'leases', 'create'),
      on('coordination.k8s.io', 'leases', 'get list update watch', 'kube-scheduler'),
      on('coordination.k8s.io', 'leasecandidates', all),
      on('core', 'nodes', read),
      on('core', 'pods', 'delete get list watch'),
      on('core', 'bindings pods/binding', 'create'),
      on('core', 'pods/status', 'patch update'),
      on('core', 'replicationcontrollers services', read),
      on('apps extensions', 'replicasets', read),
      on('apps', 'statefulsets', read),
      on('policy', 'poddisruptionbudgets', read),
      on('core', 'persistentvolumeclaims persistentvolumes', read),
      on('authentication.k8s.io', 'tokenreviews', 'create'),
      on('authorization.k8s.io', 'subjectaccessreviews', 'create'),
      on('storage.k8s.io', 'csinodes', read),
      on('storage.k8s.io', 'volumeattachments', read),
      on('core', 'namespaces', read),
      on('storage.k8s.io', 'csidrivers', read),
      on('storage.k8s.io', 'csistoragecapacities', read),
      on('resource.k8s.io', 'deviceclasses', read),
      on('resource.k8s.io', 'resourceclaims', 'get list patch update watch'),
      on('resource.k8s.io', 'resourceclaims/status', 'get list patch update watch'),
      on('core', 'pods/finalizers', 'update'),
      on('resource.k8s.io', 'resourceslices', read),
      on('resource.k8s.io', 'resourceclaims', 'create delete'),
      on('resource.k8s.io', 'resourceclaims/binding', 'patch update'),
    ],
    'system:kubelet-api-admin': [
      on('core', 'nodes', read),
      on('core', 'nodes', 'proxy'),
      on('core', 'nodes/log nodes/metrics nodes/proxy nodes/stats', '*'),
      on('core', 'nodes/configz nodes/healthz nodes/pods', '*'),
    ],
    'system:monitoring': [
      urls('get', '/flagz /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/* /statusz'),
      on('core', 'nodes/metrics', 'get'),
    ],
    'system:node': nodeRules(),
    'system:node-bootstrapper': [on('certificates.k8s.io', 'certificatesigningrequests', 'create get list watch')],
    'system:node-problem-detector': [on('core', 'nodes', 'get'), on('core', 'nodes/status', 'patch'), recordEvents()],
    'system:node-proxier': [
      on('core', 'endpoints services', 'list watch'),
      on('core', 'nodes', read),
      recordEvents(),
      on('networking.k8s.io', 'servicecidrs', 'list watch'),
      on('discovery.k8s.io', 'endpointslices', 'list watch'),
    ],
    'system:persistent-volume-provisioner': [
      on('core', 'persistentvolumes', 'create delete get list watch'),
      on('core', 'persistentvolumeclaims', 'get list update watch'),
      on('storage.k8s.io', 'storageclasses', read),
      on('core', 'events', 'watch'),
      recordEvents(),
    ],
    'system:public-info-viewer': [urls('get', '/healthz /livez /readyz /version /version/')],
    'system:service-account-issuer-discovery': [
      urls(
        'get',
        '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
      ),
    ],
    'system:volume-scheduler': [
      on('core', 'persistentvolumes', 'get list patch update watch'),
      on('storage.k8s.io', 'storageclasses', read),
      on('core', 'persistentvolumeclaims', 'get list patch update watch'),
    ],
  }
}
