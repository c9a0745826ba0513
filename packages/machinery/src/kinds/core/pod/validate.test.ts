import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod, PodSpec, Volume } from '../../../api/core-v1.gen.ts'
import { faultsOf } from '../faults-of.ts'
import { pods } from './index.ts'

const pod = (spec: Partial<PodSpec> = {}, annotations: Record<string, string> = {}): Pod => ({
  metadata: { name: 'p', namespace: 'ns', annotations },
  spec: { containers: [{ name: 'c', image: 'nginx:1' }], ...spec },
})
const withContainer = (given: Partial<Container>): Pod =>
  pod({ containers: [{ name: 'c', image: 'nginx:1', ...given }], volumes: [{ name: 'v' }] })
const withVolume = (given: Partial<Volume>): Pod => pod({ volumes: [{ name: 'v', ...given }] })

test('a plain pod has no faults', () => {
  assert.deepEqual(faultsOf(pods, pod()), [])
  const rich = withContainer({
    ports: [
      { name: 'web', containerPort: 80 },
      { containerPort: 443, hostPort: 443 },
    ],
    env: [
      { name: 'A b', value: 'x' },
      { name: 'N', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a/b']" } } },
    ],
    envFrom: [{ configMapRef: { name: 'm' }, prefix: 'P_' }],
    volumeMounts: [{ name: 'v', mountPath: '/data', subPath: 'a/b' }],
    livenessProbe: { httpGet: { port: 'web', httpHeaders: [{ name: 'X-A', value: '1' }] } },
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    resources: { limits: { cpu: '1', 'example.com/gpu': '2' } },
    securityContext: { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } },
  })
  assert.deepEqual(faultsOf(pods, rich), [])
})

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

const cases: [what: string, pod: Pod, ...faults: string[]][] = [
  ['there is no container', pod({ containers: [] }), 'spec.containers: Required value'],
  ['there is no spec at all', { metadata: { name: 'p' } }, 'spec.containers: Required value'],
  ['a container has no name', withContainer({ name: '' }), 'spec.containers[0].name: Required value'],
  [
    'a container has a bad name',
    withContainer({ name: 'C_1' }),
    `spec.containers[0].name: Invalid value: "C_1": ${label}`,
  ],
  ['a container has no image', withContainer({ image: '' }), 'spec.containers[0].image: Required value'],
  [
    'an image has spaces around it',
    withContainer({ image: ' nginx' }),
    'spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace',
  ],
  [
    'two containers share a name',
    pod({
      containers: [
        { name: 'c', image: 'a' },
        { name: 'c', image: 'b' },
      ],
    }),
    'spec.containers[1].name: Duplicate value: "c"',
  ],
  [
    'init and regular containers share a name',
    pod({ initContainers: [{ name: 'c', image: 'a' }] }),
    'spec.initContainers[0].name: Duplicate value: "c"',
  ],
  [
    'the pull policy is unknown',
    withContainer({ imagePullPolicy: 'Sometimes' }),
    'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
  ],
  [
    'the restart policy is unknown',
    pod({ restartPolicy: 'Maybe' }),
    'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
  ],
  [
    'the dns policy is unknown',
    pod({ dnsPolicy: 'Magic' }),
    'spec.dnsPolicy: Unsupported value: "Magic": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
  ],
  [
    'dns policy None has no config',
    pod({ dnsPolicy: 'None' }),
    'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
  ],
  [
    'a nameserver is no address',
    pod({ dnsConfig: { nameservers: ['dns'] } }),
    'spec.dnsConfig.nameservers[0]: Invalid value: "dns": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],

  [
    'a port is out of range',
    withContainer({ ports: [{ containerPort: 65536 }] }),
    'spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive',
  ],
  [
    'a port has no number',
    withContainer({ ports: [{ containerPort: 0 }] }),
    'spec.containers[0].ports[0].containerPort: Required value',
  ],
  [
    'a port has an odd protocol',
    withContainer({ ports: [{ containerPort: 1, protocol: 'ICMP' }] }),
    'spec.containers[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    'a port name is too long',
    withContainer({ ports: [{ containerPort: 1, name: 'a-very-long-name' }] }),
    'spec.containers[0].ports[0].name: Invalid value: "a-very-long-name": must be no more than 15 characters',
  ],
  [
    'two ports share a name',
    withContainer({
      ports: [
        { containerPort: 1, name: 'a' },
        { containerPort: 2, name: 'a' },
      ],
    }),
    'spec.containers[0].ports[1].name: Duplicate value: "a"',
  ],
  [
    'two containers want one port of the host',
    pod({
      containers: [
        { name: 'a', image: 'a', ports: [{ containerPort: 1, hostPort: 80 }] },
        { name: 'b', image: 'b', ports: [{ containerPort: 2, hostPort: 80 }] },
      ],
    }),
    'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"',
  ],
  [
    'host network and another host port',
    {
      ...withContainer({}),
      spec: {
        hostNetwork: true,
        containers: [{ name: 'c', image: 'a', ports: [{ containerPort: 80, hostPort: 81 }] }],
      },
    },
    'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
  ],

  ['a variable has no name', withContainer({ env: [{ name: '' }] }), 'spec.containers[0].env[0].name: Required value'],
  [
    'a variable has = in its name',
    withContainer({ env: [{ name: 'A=B' }] }),
    `spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`,
  ],
  [
    'a variable has value and source',
    withContainer({ env: [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }),
    'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
  ],
  [
    'a variable comes from nowhere',
    withContainer({ env: [{ name: 'A', valueFrom: {} }] }),
    'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
  ],
  [
    'a variable names an unknown field',
    withContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.color' } } }] }),
    'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.color": error converting fieldPath: field label not supported: spec.color',
  ],
  [
    'a variable names a field for files',
    withContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }] }),
    'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
  ],
  [
    'a divisor makes no sense',
    withContainer({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }] }),
    'spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
  ],
  [
    'envFrom has no source',
    withContainer({ envFrom: [{}] }),
    'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
  ],

  [
    'a probe has no handler',
    withContainer({ livenessProbe: {} }),
    'spec.containers[0].livenessProbe: Required value: must specify a handler type',
  ],
  [
    'a probe has two handlers',
    withContainer({ readinessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } }),
    'spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
  ],
  [
    'a liveness probe succeeds twice',
    withContainer({ livenessProbe: { exec: { command: ['a'] }, successThreshold: 2 } }),
    'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
  ],
  [
    'a readiness probe has a grace period',
    withContainer({ readinessProbe: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 3 } }),
    'spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 3: must not be set for readinessProbes',
  ],
  [
    'a probe counts backwards',
    withContainer({ startupProbe: { tcpSocket: { port: 1 }, initialDelaySeconds: -1 } }),
    'spec.containers[0].startupProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'a probe knows no such scheme',
    withContainer({ livenessProbe: { httpGet: { port: 1, scheme: 'FTP' } } }),
    'spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
  ],
  [
    'a probe asks a port without letters',
    withContainer({ livenessProbe: { tcpSocket: { port: '8' } } }),
    'spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: "8": must contain at least one letter (a-z)',
  ],
  [
    'an init container has a probe',
    pod({ initContainers: [{ name: 'i', image: 'a', livenessProbe: { exec: { command: ['a'] } } }] }),
    'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
  ],
  [
    'a hook sleeps too long',
    withContainer({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
    'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
  ],

  ['a volume has no name', pod({ volumes: [{ name: '' }] }), 'spec.volumes[0].name: Required value'],
  [
    'two volumes share a name',
    pod({ volumes: [{ name: 'v' }, { name: 'v' }] }),
    'spec.volumes[1].name: Duplicate value: "v"',
  ],
  [
    'a volume has two sources',
    withVolume({ emptyDir: {}, secret: { secretName: 's' } }),
    'spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type',
  ],
  ['a secret volume names none', withVolume({ secret: {} }), 'spec.volumes[0].secret.secretName: Required value'],
  [
    'a config map volume climbs out',
    withVolume({ configMap: { name: 'm', items: [{ key: 'k', path: '../x' }] } }),
    `spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain '..'`,
  ],
  [
    'a file mode is too large',
    withVolume({ secret: { secretName: 's', defaultMode: 512 } }),
    'spec.volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
  ],
  [
    'a host path has an odd type',
    withVolume({ hostPath: { path: '/a', type: 'Pipe' } }),
    'spec.volumes[0].hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
  ],
  [
    'two projected files collide',
    withVolume({
      projected: {
        sources: [
          { configMap: { name: 'a', items: [{ key: 'k', path: 'f' }] } },
          { secret: { name: 'b', items: [{ key: 'k', path: 'f' }] } },
        ],
      },
    }),
    'spec.volumes[0].projected: Invalid value: "b": conflicting duplicate paths',
  ],
  [
    'a token lives too shortly',
    pod({
      serviceAccountName: 'a',
      volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 60 } }] } }],
    }),
    'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
  ],
  [
    'a token is for nobody',
    withVolume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }),
    'spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set',
  ],
  [
    'a mount has no volume',
    withContainer({ volumeMounts: [{ name: 'x', mountPath: '/x' }] }),
    'spec.containers[0].volumeMounts[0].name: Not found: "x"',
  ],
  [
    'two mounts share a path',
    withContainer({
      volumeMounts: [
        { name: 'v', mountPath: '/x' },
        { name: 'v', mountPath: '/x' },
      ],
    }),
    'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique',
  ],
  [
    'a mount has no path',
    withContainer({ volumeMounts: [{ name: 'v', mountPath: '' }] }),
    'spec.containers[0].volumeMounts[0].mountPath: Required value',
  ],
  [
    'a sub-path is absolute',
    withContainer({ volumeMounts: [{ name: 'v', mountPath: '/x', subPath: '/y' }] }),
    'spec.containers[0].volumeMounts.subPath: Invalid value: "/y": must be a relative path',
  ],
  [
    'mounts spread without privilege',
    withContainer({ volumeMounts: [{ name: 'v', mountPath: '/x', mountPropagation: 'Bidirectional' }] }),
    'spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
  ],

  [
    'a request is above its limit',
    withContainer({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    'a resource is unknown',
    withContainer({ resources: { limits: { color: '1' } } }),
    'spec.containers[0].resources.limits[color]: Invalid value: "color": must be a standard resource type or fully qualified',
    'spec.containers[0].resources.limits[color]: Invalid value: "color": must be a standard resource for containers',
    'spec.containers[0].resources.requests[color]: Invalid value: "color": must be a standard resource type or fully qualified',
    'spec.containers[0].resources.requests[color]: Invalid value: "color": must be a standard resource for containers',
  ],
  [
    'an amount is negative',
    withContainer({ resources: { requests: { memory: '-1' } } }),
    'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    'a device is wanted in part',
    withContainer({ resources: { limits: { 'example.com/gpu': '1' }, requests: { 'example.com/gpu': '500m' } } }),
    'spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer',
    'spec.containers[0].resources.requests: Invalid value: "500m": must be equal to example.com/gpu limit of 1',
  ],

  [
    'a user id is negative',
    pod({ securityContext: { runAsUser: -1 } }),
    'spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
  ],
  [
    'privilege without escalation',
    withContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
  ],
  [
    'a seccomp profile has no file',
    pod({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
    'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
  ],
  [
    'a user namespace on the host network',
    pod({ hostUsers: false, hostNetwork: true }),
    'spec.hostNetwork: Forbidden: when `hostUsers` is false',
  ],

  [
    'a toleration without key is no wildcard',
    pod({ tolerations: [{ operator: 'Equal', value: 'a' }] }),
    'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
  ],
  [
    'tolerationSeconds without NoExecute',
    pod({ tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 3 }] }),
    `spec.tolerations[0].effect: Invalid value: "": effect must be 'NoExecute' when \`tolerationSeconds\` is set`,
  ],
  [
    'a toleration has an odd effect',
    pod({ tolerations: [{ key: 'a', operator: 'Exists', effect: 'Nope' }] }),
    'spec.tolerations[0].effect: Unsupported value: "Nope": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
  [
    'a node selector has a bad value',
    pod({ nodeSelector: { a: 'b c' } }),
    `spec.nodeSelector: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  ],
  [
    'node affinity has no terms',
    pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } }),
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
  ],
  [
    'node affinity has an odd operator',
    pod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Like' }] }],
          },
        },
      },
    }),
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
  ],
  [
    'a preference weighs too much',
    pod({
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 101, podAffinityTerm: { topologyKey: 'zone', labelSelector: {} } },
          ],
        },
      },
    }),
    'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
  ],
  [
    'a spread constraint is repeated',
    pod({
      topologySpreadConstraints: [1, 2].map(maxSkew => ({
        maxSkew,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: {},
      })),
    }),
    'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"',
  ],
  [
    'the deadline is zero',
    pod({ activeDeadlineSeconds: 0 }),
    'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
  ],
  ['the hostname is bad', pod({ hostname: 'a.b' }), 'spec.hostname: Invalid value: "a.b": must not contain dots'],
  [
    'ephemeral containers come with a new pod',
    pod({ ephemeralContainers: [{ name: 'e', image: 'a' }] }),
    'spec.ephemeralContainers: Forbidden: cannot be set on create',
  ],
  [
    'a gated pod is placed',
    pod({ nodeName: 'n', schedulingGates: [{ name: 'a' }] }),
    'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
  ],
  [
    'a mirror pod has no node',
    pod({}, { 'kubernetes.io/config.mirror': 'x' }),
    'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set',
  ],
  [
    'the deletion cost is no number',
    pod({}, { 'controller.kubernetes.io/pod-deletion-cost': '+1' }),
    'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer',
  ],
]
for (const [what, object, ...faults] of cases) {
  test(`pod is refused when ${what}`, () => assert.deepEqual(faultsOf(pods, object), faults))
}

const updatable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'
const tolerates = { key: 'a', operator: 'Exists', effect: 'NoExecute' }

const updates: [what: string, now: Pod, old: Pod, ...faults: string[]][] = [
  ['nothing changes', pod(), pod()],
  ['an image changes', withContainer({ image: 'nginx:2' }), withContainer({})],
  ['a toleration comes', pod({ tolerations: [tolerates] }), pod()],
  [
    'tolerationSeconds changes',
    pod({ tolerations: [{ ...tolerates, tolerationSeconds: 9 }] }),
    pod({ tolerations: [tolerates] }),
  ],
  ['the deadline is set', pod({ activeDeadlineSeconds: 9 }), pod()],
  ['a gate goes', pod(), pod({ schedulingGates: [{ name: 'a' }] })],
  [
    'a gated pod is narrowed',
    pod({ schedulingGates: [{ name: 'a' }], nodeSelector: { zone: 'z' } }),
    pod({ schedulingGates: [{ name: 'a' }] }),
  ],
  ['a default is spelt out', pod({ hostNetwork: false, volumes: [] }), pod()],
  [
    'an amount is written otherwise',
    withContainer({ resources: { limits: { cpu: '1' } } }),
    withContainer({ resources: { limits: { cpu: '1000m' } } }),
  ],
  [
    'a container comes',
    pod({
      containers: [
        { name: 'c', image: 'a:1' },
        { name: 'd', image: 'a:1' },
      ],
    }),
    pod(),
    'spec.containers: Forbidden: pod updates may not add or remove containers',
  ],
  [
    'a toleration goes',
    pod(),
    pod({ tolerations: [tolerates] }),
    'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
  ],
  [
    'the deadline grows',
    pod({ activeDeadlineSeconds: 9 }),
    pod({ activeDeadlineSeconds: 8 }),
    'spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value',
  ],
  [
    'the deadline goes',
    pod(),
    pod({ activeDeadlineSeconds: 8 }),
    'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value',
  ],
  [
    'a gate comes',
    pod({ schedulingGates: [{ name: 'a' }] }),
    pod(),
    "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'",
  ],
  [
    'the hostname changes',
    pod({ hostname: 'b' }),
    pod({ hostname: 'a' }),
    `spec: Forbidden: ${updatable}\n- hostname: "a"\n+ hostname: "b"`,
  ],
  [
    'root becomes unsaid',
    pod({ securityContext: {} }),
    pod({ securityContext: { runAsUser: 0 } }),
    `spec: Forbidden: ${updatable}\n- securityContext.runAsUser: 0`,
  ],
  [
    'the mirror annotation goes',
    pod({ nodeName: 'n' }),
    pod({ nodeName: 'n' }, { 'kubernetes.io/config.mirror': 'x' }),
    'metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation',
  ],
]
for (const [what, now, old, ...faults] of updates) {
  const verdict = faults.length === 0 ? 'accepted' : 'refused'
  test(`pod update is ${verdict} when ${what}`, () => assert.deepEqual(faultsOf(pods, now, old), faults))
}
