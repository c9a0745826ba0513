/** The life of a deployment: made, watched, changed, scaled, rolled back, looked into. */
import type { Scene } from '../step.ts'

export const workload: Scene = {
  name: 'a deployment from birth to its fifth revision',
  steps: [
    { run: 'create deployment web --image=nginx:1.25 --replicas=3 --port=80', stdout: 'deployment.apps/web created' },
    {
      run: 'rollout status deployment/web --timeout=60s',
      stdout: [/^deployment "web" successfully rolled out$/m],
    },
    {
      run: 'get deployment web',
      stdout: `
NAME  READY  UP-TO-DATE  AVAILABLE  AGE
web  3/3  3  3  <age>
`,
    },
    {
      run: 'get deployments -o wide',
      stdout: `
NAME  READY  UP-TO-DATE  AVAILABLE  AGE  CONTAINERS  IMAGES  SELECTOR
web  3/3  3  3  <age>  nginx  nginx:1.25  app=web
`,
    },
    {
      run: 'get rs,pods -o wide',
      stdout: `
NAME  DESIRED  CURRENT  READY  AGE  CONTAINERS  IMAGES  SELECTOR
replicaset.apps/web-<hash>  3  3  3  <age>  nginx  nginx:1.25  app=web,pod-template-hash=<hash>

NAME  READY  STATUS  RESTARTS  AGE  IP  NODE  NOMINATED NODE  READINESS GATES
pod/web-<hash>-<rand>  1/1  Running  0  <age>  <ip>  node-<number>  <none>  <none>
pod/web-<hash>-<rand>  1/1  Running  0  <age>  <ip>  node-<number>  <none>  <none>
pod/web-<hash>-<rand>  1/1  Running  0  <age>  <ip>  node-<number>  <none>  <none>
`,
    },
    {
      run: 'describe deployment web',
      stdout: `
Name:  web
Namespace:  shop
CreationTimestamp:  <date>
Labels:  app=web
Annotations:  deployment.kubernetes.io/revision: 1
Selector:  app=web
Replicas:  3 desired | 3 updated | 3 total | 3 available | 0 unavailable
StrategyType:  RollingUpdate
MinReadySeconds:  0
RollingUpdateStrategy:  25% max unavailable, 25% max surge
Pod Template:
  Labels:  app=web
  Containers:
   nginx:
    Image:  nginx:1.25
    Port:  80/TCP
    Host Port:  0/TCP
    Environment:  <none>
    Mounts:  <none>
  Volumes:  <none>[[
  Node-Selectors:  <none>
  Tolerations:  <none>]]
Conditions:
  Type  Status  Reason
  ----  ------  ------
  Available  True  MinimumReplicasAvailable
  Progressing  True  NewReplicaSetAvailable
OldReplicaSets:  <none>
NewReplicaSet:  web-<hash> (3/3 replicas created)
Events:
  Type  Reason  Age  From  Message
  ----  ------  ----  ----  -------
  Normal  ScalingReplicaSet  <age>  deployment-controller  Scaled up replica set web-<hash> from 0 to 3
`,
    },
    {
      run: 'describe pods -l app=web',
      stdout: [
        /^Service Account: +default$/m,
        /^Status: +Running$/m,
        /^Controlled By: +ReplicaSet\/web-/m,
        /^ {2}Ready +True/m,
        /^ {2}kube-api-access-\w{5}:\n {4}Type: +Projected /m,
        /^QoS Class: +BestEffort$/m,
        /^Tolerations: +node\.kubernetes\.io\/not-ready:NoExecute op=Exists for 300s$/m,
      ],
    },
    { run: 'get pods -l app=web -o jsonpath={.items[0].metadata.name}', keep: 'pod', stdout: 'web-<hash>-<rand>' },
    {
      run: 'describe pod {pod}',
      stdout: [/^ {2}Normal +Scheduled .* Successfully assigned shop\/web-/m, /^ {2}Normal +Started /m],
    },
    { run: 'expose deployment web --port=80 --target-port=8080', stdout: 'service/web exposed' },
    {
      run: 'get endpoints web',
      eventually: true,
      stdout: /web +[\d.]+:8080,[\d.]+:8080,[\d.]+:8080 /,
      stderr: 'Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    },
    {
      run: 'get endpointslices',
      eventually: true,
      stdout: `
NAME  ADDRESSTYPE  PORTS  ENDPOINTS  AGE
web-<rand>  IPv4  8080  <ip>,<ip>,<ip>  <age>
`,
    },
    {
      run: 'describe service web',
      stdout: [
        /^Selector: +app=web$/m,
        /^TargetPort: +8080\/TCP$/m,
        /^Endpoints: +[\d.]+:8080,[\d.]+:8080,[\d.]+:8080$/m,
      ],
      // Older ones read Endpoints where newer ones read EndpointSlices.
      stderr: '[[Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice]]',
    },
    { run: 'scale deployment web --replicas=5', stdout: 'deployment.apps/web scaled' },
    {
      run: `wait deployment/web --for=jsonpath='{.status.readyReplicas}'=5 --timeout=60s`,
      stdout: 'deployment.apps/web condition met',
    },
    {
      run: 'scale deployment web --current-replicas=9 --replicas=1',
      exit: 1,
      stderr: 'error: Expected replicas to be 9, was 5',
    },
    { run: 'scale deployment web --replicas=2', stdout: 'deployment.apps/web scaled' },
    {
      run: 'get pods -l app=web --no-headers -o name',
      eventually: true,
      stdout: 'pod/web-<hash>-<rand>\npod/web-<hash>-<rand>',
    },
    { run: 'set image deployment/web nginx=nginx:1.26', stdout: 'deployment.apps/web image updated' },
    { run: 'set image deployment/web other=nginx', exit: 1, stderr: 'error: unable to find container named "other"' },
    { run: 'rollout status deployment/web --timeout=60s', stdout: [/successfully rolled out$/m] },
    { run: 'set env deployment/web COLOR=blue', stdout: 'deployment.apps/web env updated' },
    { run: 'set env deployment/web --list', stdout: '# Deployment web, container nginx\nCOLOR=blue' },
    {
      run: 'set resources deployment/web --limits=cpu=200m,memory=64Mi --requests=cpu=100m',
      stdout: 'deployment.apps/web resource requirements updated',
    },
    {
      run: 'annotate deployment web kubernetes.io/change-cause="smaller"',
      stdout: 'deployment.apps/web annotate[[d]]',
    },
    { run: 'rollout status deployment/web --timeout=60s', stdout: [/successfully rolled out$/m] },
    {
      run: 'rollout history deployment/web',
      eventually: true,
      stdout: `
deployment.apps/web
REVISION  CHANGE-CAUSE
1  <none>
2  <none>
3  <none>
4  smaller
`,
    },
    {
      run: 'rollout history deployment/web --revision=2',
      stdout: [/^deployment\.apps\/web with revision #2$/m, /Image:\tnginx:1\.26/],
    },
    {
      run: 'rollout history deployment/web --revision=42',
      exit: 1,
      stderr: 'error: unable to find the specified revision',
    },
    { run: 'rollout undo deployment/web --to-revision=1', stdout: 'deployment.apps/web rolled back' },
    { run: 'rollout status deployment/web --timeout=60s', stdout: [/successfully rolled out$/m] },
    { run: 'get deployment web -o jsonpath={.spec.template.spec.containers[0].image}', stdout: 'nginx:1.25' },
    { run: 'rollout pause deployment/web', stdout: 'deployment.apps/web paused' },
    { run: 'rollout pause deployment/web', exit: 1, stderr: 'error: deployments.apps "web" is already paused' },
    { run: 'rollout undo deployment/web', exit: 1, stderr: /you cannot rollback a paused deployment; resume it first/ },
    { run: 'rollout resume deployment/web', stdout: 'deployment.apps/web resumed' },
    { run: 'rollout restart deployment/web', stdout: 'deployment.apps/web restarted' },
    { run: 'rollout status deployment/web --timeout=60s', stdout: [/successfully rolled out$/m] },
    {
      run: 'get rs -l app=web --no-headers',
      eventually: true,
      stdout: [/^(web-\S+ +0 +0 +0 +\S+\n)*web-\S+ +2 +2 +2 +\S+\n(web-\S+ +0 +0 +0 +\S+\n)*$/],
    },
    {
      run: 'autoscale deployment web --min=1 --max=5 --cpu-percent=50',
      stdout: 'horizontalpodautoscaler.autoscaling/web autoscaled',
      stderr: /^(Flag --cpu-percent has been deprecated.*\n|)$/,
    },
    {
      run: 'get hpa web',
      stdout: `
NAME  REFERENCE  TARGETS  MINPODS  MAXPODS  REPLICAS  AGE
web  Deployment/web  [[cpu: ]]<unknown>/50%  1  5  0  <age>
`,
    },
    { run: 'delete hpa web', stdout: 'horizontalpodautoscaler.autoscaling "web" deleted[[ from shop namespace]]' },
    {
      run: 'get events --field-selector involvedObject.kind=Deployment,reason=ScalingReplicaSet -o custom-columns=MESSAGE:.message --no-headers',
      stdout: [/^Scaled up replica set web-\S+ from 0 to 3$/m],
    },
    {
      run: 'events --for deployment/web',
      stdout: [/^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n/, /Normal +ScalingReplicaSet +Deployment\/web +/],
    },
    { run: 'events --types=Warning --for deployment/web', stdout: '', stderr: 'No events found in shop namespace.' },
  ],
}
