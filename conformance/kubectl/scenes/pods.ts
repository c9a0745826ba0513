/** Single pods and jobs, and every way of making an end of them. */
import type { Scene } from '../step.ts'

export const pods: Scene = {
  name: 'pods and jobs end in every way',
  steps: [
    { run: 'run once --image=busybox --restart=Never -- true', stdout: 'pod/once created' },
    { run: `wait pod/once --for=jsonpath='{.status.phase}'=Succeeded --timeout=30s`, stdout: 'pod/once condition met' },
    { run: 'get pod once', stdout: 'NAME  READY  STATUS  RESTARTS  AGE\nonce  0/1  Completed  0  <age>' },
    { run: 'delete pod once', stdout: 'pod "once" deleted[[ from shop namespace]]' },
    { run: 'run plain --image=nginx --labels=role=plain --env=A=1 --port=80', stdout: 'pod/plain created' },
    { run: 'wait pod -l role=plain --for=condition=Ready --timeout=30s', stdout: 'pod/plain condition met' },
    { run: 'get pod plain -o jsonpath={.spec.containers[0].env[0].value}', stdout: '1' },
    {
      run: 'run plain --image=nginx',
      exit: 1,
      stderr: 'Error from server (AlreadyExists): pods "plain" already exists',
    },
    {
      run: `patch pod plain -p '{"spec":{"containers":[{"name":"plain","ports":[{"containerPort":81}]}]}}'`,
      exit: 1,
      stderr: /The Pod "plain" is invalid: spec: Forbidden: pod updates may not change fields other than/,
    },
    { run: 'set image pod/plain plain=nginx:1.26', stdout: 'pod/plain image updated' },
    {
      run: 'delete pod plain',
      stdout: 'pod "plain" deleted[[ from shop namespace]]',
      meanwhile: { run: 'wait pod/plain --for=delete --timeout=30s', stdout: '[[pod/plain condition met]]' },
    },
    { run: 'wait pod/plain --for=delete --timeout=5s', stdout: '[[pod/plain condition met]]' },
    {
      run: 'wait pod/plain --for=condition=Ready --timeout=5s',
      exit: 1,
      stderr: 'Error from server (NotFound): pods "plain" not found',
    },
    { run: 'run quick --image=nginx', stdout: 'pod/quick created' },
    {
      run: 'delete pod quick --force --grace-period=0',
      stdout: 'pod "quick" force deleted[[ from shop namespace]]',
      stderr:
        /^Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated\. The resource may continue to run on the cluster indefinitely\.\n$/,
    },
    { run: 'get pod quick', exit: 1, stderr: 'Error from server (NotFound): pods "quick" not found' },
    {
      run: 'create configmap late',
      from: 31,
      stdout: 'configmap/late created',
      meanwhile: { run: 'wait configmap/late --for=create --timeout=20s', stdout: 'configmap/late condition met' },
    },
    {
      run: 'wait deployment/web --for=condition=Nonsense --timeout=1s',
      exit: 1,
      stderr: /timed out waiting for the condition/,
    },
    { run: 'create job pi --image=perl -- perl -e 1', stdout: 'job.batch/pi created' },
    { run: 'wait job/pi --for=condition=complete --timeout=30s', stdout: 'job.batch/pi condition met' },
    { run: 'get job pi', stdout: [/^NAME +STATUS +COMPLETIONS +DURATION +AGE\npi +Complete +1\/1 /] },
    {
      run: 'describe job pi',
      stdout: [
        /^Pods Statuses: +0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed$/m,
        /Normal +Completed .*Job completed/,
      ],
    },
    {
      run: 'get pods -l job-name=pi',
      stdout: 'NAME  READY  STATUS  RESTARTS  AGE\npi-<rand>  0/1  Completed  0  <age>',
    },
    { run: 'create job tock --from=cronjob/tick', stdout: 'job.batch/tock created' },
    { run: 'wait job/tock --for=condition=complete --timeout=30s', stdout: 'job.batch/tock condition met' },
    { run: 'delete job pi tock', stdout: [/^job\.batch "pi" deleted/m, /^job\.batch "tock" deleted/m] },
    { run: 'get pods -l job-name', eventually: true, stdout: '', stderr: 'No resources found in shop namespace.' },
    { run: 'create job stuck --image=nginx -- sleep 1000000', stdout: 'job.batch/stuck created' },
    { run: 'get pods -l job-name=stuck -o name', eventually: true, stdout: 'pod/stuck-<rand>' },
    { run: 'delete job stuck --cascade=orphan', stdout: 'job.batch "stuck" deleted[[ from shop namespace]]' },
    {
      run: `get pods -l job-name=stuck -o jsonpath='{.items[*].metadata.ownerReferences}{.items[*].metadata.finalizers}'`,
      eventually: true,
      stdout: '',
    },
    { run: 'delete pods -l job-name=stuck', stdout: 'pod "stuck-<rand>" deleted[[ from shop namespace]]' },
    { run: 'delete deployment web --cascade=orphan', stdout: 'deployment.apps "web" deleted[[ from shop namespace]]' },
    {
      run: 'get rs,pods -l app=web --no-headers',
      stdout: [/^replicaset\.apps\/web-\S+ +2 +2 +2 /m, /^pod\/web-\S+ +1\/1 +Running/m],
    },
    { run: 'create deployment web --image=nginx:1.25 --replicas=2', stdout: 'deployment.apps/web created' },
    { run: 'rollout status deployment/web --timeout=60s', stdout: [/successfully rolled out$/m] },
    {
      run: 'delete deployment web --cascade=foreground',
      stdout: 'deployment.apps "web" deleted[[ from shop namespace]]',
    },
    { run: 'get rs,pods -l app=web', stdout: '', stderr: 'No resources found in shop namespace.' },
    { run: 'delete deployment web', exit: 1, stderr: 'Error from server (NotFound): deployments.apps "web" not found' },
    { run: 'delete configmap --all', stdout: [/^configmap "settings" deleted/m] },
    { run: 'get configmap kube-root-ca.crt -o name', eventually: true, stdout: 'configmap/kube-root-ca.crt' },
    { run: 'delete namespace shop --timeout=60s', stdout: 'namespace "shop" deleted' },
    { run: 'get namespace shop', exit: 1, stderr: 'Error from server (NotFound): namespaces "shop" not found' },
    {
      run: 'delete clusterrole/looker clusterrolebinding/looker priorityclass/high',
      stdout: [/looker" deleted/, /high" deleted/],
    },
    {
      run: 'delete namespace default',
      exit: 1,
      stderr: 'Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted',
    },
  ],
}
