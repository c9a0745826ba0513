/** What an administrator does to nodes. */
import type { Scene } from '../step.ts'

export const nodes: Scene = {
  name: 'nodes are looked after',
  steps: [
    {
      run: 'get nodes',
      stdout: `
NAME  STATUS  ROLES  AGE  VERSION
node-0  Ready  <none>  <age>  v1.36.<any>
node-1  Ready  <none>  <age>  v1.36.<any>
node-2  Ready  <none>  <age>  v1.36.<any>
`,
    },
    {
      run: 'describe node node-0',
      stdout: [
        /^Taints: +<none>$/m,
        /^ {2}HolderIdentity: +node-0$/m,
        /^ {2}Ready +True .* KubeletReady +kubelet is posting ready status$/m,
        /^Non-terminated Pods: +\(\d+ in total\)$/m,
        /^Allocated resources:$/m,
      ],
    },
    { run: 'cordon node-0', stdout: 'node/node-0 cordoned' },
    { run: 'cordon node-0', stdout: 'node/node-0 already cordoned' },
    { run: 'get node node-0', stdout: [/^node-0 +Ready,SchedulingDisabled /m] },
    { run: 'uncordon node-0', stdout: 'node/node-0 uncordoned' },
    { run: 'uncordon node-0', stdout: 'node/node-0 already uncordoned' },
    { run: 'taint nodes node-1 dedicated=gpu:NoSchedule', stdout: 'node/node-1 tainted' },
    {
      run: 'taint nodes node-1 dedicated=gpu:NoSchedule',
      exit: 1,
      stderr: 'error: node node-1 already has dedicated taint(s) with same effect(s) and --overwrite is false',
    },
    {
      run: 'get node node-1 -o jsonpath={.spec.taints}',
      stdout: '[{"effect":"NoSchedule","key":"dedicated","value":"gpu"}]',
    },
    { run: 'taint nodes node-1 dedicated-', stdout: 'node/node-1 untainted' },
    { run: 'run bare --image=nginx', stdout: 'pod/bare created' },
    { run: 'wait pod/bare --for=condition=Ready --timeout=30s', stdout: 'pod/bare condition met' },
    { run: 'get pod bare -o jsonpath={.spec.nodeName}', keep: 'home', stdout: 'node-<number>' },
    {
      run: 'drain {home}',
      exit: 1,
      stdout: 'node/node-<number> cordoned',
      stderr: /cannot delete Pods (that )?declare no controller \(use --force to override\): shop\/bare/,
    },
    {
      run: 'drain {home} --force',
      stdout: [/^node\/node-\d already cordoned$/m, /^pod\/bare evicted$/m, /^node\/node-\d drained$/m],
      stderr: /Warning: deleting Pods that declare no controller: shop\/bare/,
    },
    { run: 'rollout status deployment/web --timeout=60s', stdout: [/successfully rolled out$/m] },
    {
      run: 'get pods --field-selector spec.nodeName={home}',
      stdout: '',
      stderr: 'No resources found in shop namespace.',
    },
    {
      run: 'create poddisruptionbudget web --selector=app=web --min-available=2',
      stdout: 'poddisruptionbudget.policy/web created',
    },
    { run: 'delete pdb web', stdout: 'poddisruptionbudget.policy "web" deleted[[ from shop namespace]]' },
    { run: 'uncordon {home}', stdout: 'node/node-<number> uncordoned' },
    { run: 'drain nowhere', exit: 1, stderr: 'Error from server (NotFound): nodes "nowhere" not found' },
    {
      run: 'get events -n default --field-selector involvedObject.kind=Node,reason=RegisteredNode -o name',
      stdout: [/^event\/node-0\./m],
    },
    { run: 'get leases -n kube-node-lease', stdout: [/^node-0 +node-0 +/m] },
  ],
}
