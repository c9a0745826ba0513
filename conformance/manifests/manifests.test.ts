/**
 * Applications that others wrote, unchanged, applied with stock kubectl to a cluster with simulated nodes: everything
 * becomes ready, and deleting what was applied leaves nothing. The manifests come from PETREL_MANIFESTS.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { startCluster } from '../../packages/petrel/src/main/index.ts'
import { findKubectls } from '../kubectl/find-kubectls.ts'
import { KnownFailures } from '../kubectl/known-failures.ts'
import { runScenes } from '../kubectl/run-session.ts'
import type { Scene, Step } from '../kubectl/step.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = resolve(root, process.env['PETREL_MANIFESTS'] ?? '../shared/manifests')
const kubectl = findKubectls().at(-1)
const skip = !existsSync(folder)
  ? `no manifests at ${folder}: set PETREL_MANIFESTS`
  : !kubectl
    ? 'no kubectl found: set PETREL_KUBECTL_DIR to a folder with some'
    : false

interface Application {
  readonly name: string
  /** What follows `apply` and `delete`. */
  readonly files: string
  /** Deployments and replication controllers that it consists of. */
  readonly workloads: number
  readonly objects: RegExp
  /** Kinds of others, which are not served before somebody defines them. */
  readonly others?: Step
}

const applications: readonly Application[] = [
  {
    name: 'guestbook',
    files: '-f guestbook',
    workloads: 6,
    objects: /^deployment\.apps\/redis-master created$/m,
  },
  {
    name: 'podinfo',
    files: '-k podinfo/kustomize',
    workloads: 1,
    objects: /^horizontalpodautoscaler\.autoscaling\/podinfo created$/m,
  },
  {
    name: 'online-boutique',
    files: '-f online-boutique/kubernetes-manifests.yaml',
    workloads: 12,
    objects: /^deployment\.apps\/checkoutservice created$/m,
    others: {
      run: 'apply -f online-boutique/istio-manifests.yaml',
      exit: 1,
      stdout: '',
      stderr: [
        /no matches for kind "Gateway" in version "gateway\.networking\.k8s\.io\/v1beta1"\nensure CRDs are installed first/,
        /no matches for kind "HTTPRoute" in version "gateway\.networking\.k8s\.io\/v1beta1"/,
        /no matches for kind "ServiceEntry" in version "networking\.istio\.io\/v1alpha3"/,
        /no matches for kind "VirtualService" in version "networking\.istio\.io\/v1alpha3"/,
      ],
    },
  },
]

/** Ready in the words of each kind, `3/3` or `3 3 3`; nothing else may stand in the list. */
const ready = (workloads: number): RegExp =>
  new RegExp(
    String.raw`^(?:(?:deployment\.apps\/\S+ +(\d+)\/\1 +\1 +\1 +\S+|replicationcontroller\/\S+ +(\d+) +\2 +\2 +\S+)\n+){${workloads}}$`,
  )

const everything =
  'deployments,replicationcontrollers,replicasets,pods,services,endpoints,endpointslices,horizontalpodautoscalers'

function sceneOf({ name, files, workloads, objects, others }: Application): Scene {
  return {
    name,
    steps: [
      { run: `create namespace ${name}`, stdout: `namespace/${name} created` },
      { run: `config set-context --current --namespace=${name}` },
      { run: `apply ${files}`, stdout: [objects] },
      ...(others ? [others] : []),
      { run: 'wait deployments --all --for=condition=Available --timeout=120s', stdout: [/condition met/] },
      { run: 'get deployments,replicationcontrollers --no-headers', eventually: true, stdout: ready(workloads) },
      { run: 'wait pods --all --for=condition=Ready --timeout=60s', stdout: [/condition met/] },
      { run: `apply ${files}`, stdout: [/unchanged$/m] },
      { run: `delete ${files} --ignore-not-found`, stdout: [/deleted/] },
      {
        run: `get ${everything} --ignore-not-found -o name`,
        eventually: true,
        stdout: '',
        stderr: /^(Warning: v1 Endpoints is deprecated.*\n)?$/,
      },
      { run: `delete namespace ${name} --timeout=60s`, stdout: `namespace "${name}" deleted` },
    ],
  }
}

test('applications of others, unchanged', { skip }, async t => {
  await using cluster = await startCluster({ simulatedNodes: 5 })
  const home = mkdtempSync(join(tmpdir(), 'petrel-manifests-'))
  try {
    const kubeconfig = join(home, 'config')
    copyFileSync(cluster.kubeconfigPath, kubeconfig)
    const known = KnownFailures.of(new URL('../known-failures/kubectl.txt', import.meta.url))
    await runScenes(t, { kubectl: kubectl!, kubeconfig, folder, home, known }, applications.map(sceneOf))
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})
