/** `create` of everything it has a generator for, and what `get` and `describe` show of it. */
import type { Scene } from '../step.ts'

export const create: Scene = {
  name: 'create and describe',
  steps: [
    { run: 'create namespace shop', stdout: 'namespace/shop created' },
    {
      run: 'create namespace shop',
      exit: 1,
      stderr: 'Error from server (AlreadyExists): namespaces "shop" already exists',
    },
    { run: 'get namespace shop', stdout: 'NAME  STATUS  AGE\nshop  Active  <age>' },
    {
      run: 'describe namespace shop',
      stdout: `
Name:  shop
Labels:  kubernetes.io/metadata.name=shop
Annotations:  <none>
Status:  Active

No resource quota.

No LimitRange resource.
`,
    },
    { run: 'config set-context --current --namespace=shop', stdout: 'Context "<any>" modified.' },
    {
      run: 'create configmap settings --from-literal=color=blue --from-literal=size=10',
      stdout: 'configmap/settings created',
    },
    {
      run: 'describe configmap settings',
      stdout: [/^Data\n====\n/m, /^color:\n----\nblue\n/m, /^size:\n----\n10\n/m, /^BinaryData\n====\n/m],
    },
    { run: 'create secret generic keys --from-literal=password=hunter2', stdout: 'secret/keys created' },
    { run: 'describe secret keys', stdout: [/^Type: +Opaque$/m, /^password: +7 bytes$/m] },
    {
      run: 'create secret docker-registry pull --docker-server=reg.test --docker-username=u --docker-password=p',
      stdout: 'secret/pull created',
    },
    {
      run: 'get secrets',
      stdout: `
NAME  TYPE  DATA  AGE
keys  Opaque  1  <age>
pull  kubernetes.io/dockerconfigjson  1  <age>
`,
    },
    { run: 'create serviceaccount robot', stdout: 'serviceaccount/robot created' },
    { run: 'get serviceaccounts', eventually: true, stdout: [/^default +/m, /^robot +/m] },
    {
      run: 'create role reader --verb=get,list,watch --resource=pods,pods/log',
      stdout: 'role.rbac.authorization.k8s.io/reader created',
    },
    {
      run: 'describe role reader',
      stdout: [/^ {2}pods\/log +\[\] +\[\] +\[get list watch\]$/m, /^ {2}pods +\[\] +\[\] +\[get list watch\]$/m],
    },
    {
      run: 'create rolebinding reader --role=reader --serviceaccount=shop:robot',
      stdout: 'rolebinding.rbac.authorization.k8s.io/reader created',
    },
    {
      run: 'get rolebinding reader -o wide',
      stdout: `
NAME  ROLE  AGE  USERS  GROUPS  SERVICEACCOUNTS
reader  Role/reader  <age>  shop/robot
`,
    },
    {
      run: 'create clusterrole looker --verb=get --resource=nodes',
      stdout: 'clusterrole.rbac.authorization.k8s.io/looker created',
    },
    {
      run: 'create clusterrolebinding looker --clusterrole=looker --user=jane',
      stdout: 'clusterrolebinding.rbac.authorization.k8s.io/looker created',
    },
    { run: 'create quota few --hard=pods=100', stdout: 'resourcequota/few created' },
    { run: 'get quota few -o jsonpath={.spec.hard.pods}', stdout: '100' },
    {
      run: 'create poddisruptionbudget web --selector=app=web --min-available=1',
      stdout: 'poddisruptionbudget.policy/web created',
    },
    {
      run: 'get pdb web',
      stdout: [/^NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE\nweb +1 +N\/A +0 /],
    },
    {
      run: 'delete pdb/web quota/few',
      stdout: [/^poddisruptionbudget\.policy "web" deleted/m, /^resourcequota "few" deleted/m],
    },
    { run: 'create priorityclass high --value=1000', stdout: 'priorityclass.scheduling.k8s.io/high created' },
    { run: 'get priorityclass high', stdout: [/^high +1000 +false +/m] },
    { run: `create ingress web --rule='shop.test/*=web:80'`, stdout: 'ingress.networking.k8s.io/web created' },
    {
      run: 'get ingress web',
      stdout: `
NAME  CLASS  HOSTS  ADDRESS  PORTS  AGE
web  <none>  shop.test  80  <age>
`,
    },
    { run: 'create service clusterip plain --tcp=80:8080', stdout: 'service/plain created' },
    { run: 'create service nodeport open --tcp=80:8080 --node-port=30123', stdout: 'service/open created' },
    {
      run: 'create service nodeport taken --tcp=80:8080 --node-port=30123',
      exit: 1,
      stderr:
        'error: failed to create NodePort service: Service "taken" is invalid: spec.ports[0].nodePort: Invalid value: 30123: provided port is already allocated',
    },
    { run: 'create service externalname away --external-name=example.com', stdout: 'service/away created' },
    { run: 'create service loadbalancer edge --tcp=80:80', stdout: 'service/edge created' },
    {
      run: 'get services',
      stdout: `
NAME  TYPE  CLUSTER-IP  EXTERNAL-IP  PORT(S)  AGE
away  ExternalName  <none>  example.com  <none>  <age>
edge  LoadBalancer  <ip>  <pending>  80:<port>/TCP  <age>
open  NodePort  <ip>  <none>  80:30123/TCP  <age>
plain  ClusterIP  <ip>  <none>  80/TCP  <age>
`,
    },
    { run: 'delete service away edge open plain', stdout: [/^service "away" deleted/m, /^service "plain" deleted/m] },
    {
      run: `create cronjob tick --image=busybox --schedule='*/5 * * * *' -- date`,
      stdout: 'cronjob.batch/tick created',
    },
    {
      run: 'get cronjob tick',
      stdout: [
        /^NAME +SCHEDULE +TIMEZONE +SUSPEND +ACTIVE +LAST SCHEDULE +AGE\ntick +\*\/5 \* \* \* \* +<none> +False +0 +<none> /,
      ],
    },
    {
      run: 'create -f kinds.yaml',
      stdout: `
configmap/from-file created
secret/from-file created
service/from-file created
persistentvolumeclaim/from-file created
`,
    },
    {
      run: 'create -f -',
      stdin: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"made-","labels":{"set":"kinds"}}}',
      stdout: 'configmap/made-<rand> created',
    },
    {
      run: 'delete cm,secret,svc,pvc -l set=kinds',
      stdout: [/^configmap "made-/m, /^persistentvolumeclaim "from-file" deleted/m],
    },
    {
      run: 'create deployment draft --image=nginx --dry-run=client -o yaml',
      stdout: [/^apiVersion: apps\/v1\nkind: Deployment\n/, /image: nginx$/m],
    },
    {
      run: 'create deployment draft --image=nginx --dry-run=server',
      stdout: 'deployment.apps/draft created (server dry run)',
    },
    {
      run: 'get deployment draft',
      exit: 1,
      stderr: 'Error from server (NotFound): deployments.apps "draft" not found',
    },
  ],
}
