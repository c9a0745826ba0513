/** What the server says about itself. */
import type { Scene } from '../step.ts'

export const server: Scene = {
  name: 'the server describes itself',
  steps: [
    { run: 'version', stdout: [/^Server Version:.*v1\.36\./m], stderr: /^(WARNING: |$)/ },
    {
      run: 'version -o yaml',
      stdout: [/^serverVersion:\n/m, /^ {2}major: "1"\n {2}minor: "36"\n/m],
      stderr: /^(WARNING: |$)/,
    },
    {
      run: 'api-versions',
      stdout: [/^apps\/v1$/m, /^autoscaling\/v2$/m, /^networking\.k8s\.io\/v1$/m, /^v1$/m],
    },
    {
      run: 'api-resources --no-headers',
      stdout: [
        /^pods +po +v1 +true +Pod$/m,
        /^deployments +deploy +apps\/v1 +true +Deployment$/m,
        /^namespaces +ns +v1 +false +Namespace$/m,
        /^horizontalpodautoscalers +hpa +autoscaling\/v2 +true +HorizontalPodAutoscaler$/m,
      ],
    },
    {
      run: 'api-resources --api-group=apps -o wide',
      stdout: `
NAME  SHORTNAMES  APIVERSION  NAMESPACED  KIND  VERBS  CATEGORIES
controllerrevisions  apps/v1  true  ControllerRevision  create,delete,deletecollection,get,list,patch,update,watch
daemonsets  ds  apps/v1  true  DaemonSet  create,delete,deletecollection,get,list,patch,update,watch  all
deployments  deploy  apps/v1  true  Deployment  create,delete,deletecollection,get,list,patch,update,watch  all
replicasets  rs  apps/v1  true  ReplicaSet  create,delete,deletecollection,get,list,patch,update,watch  all
statefulsets  sts  apps/v1  true  StatefulSet  create,delete,deletecollection,get,list,patch,update,watch  all
`,
    },
    { run: 'api-resources --namespaced=false --verbs=create -o name', stdout: [/^nodes$/m, /^namespaces$/m] },
    { run: 'cluster-info', stdout: [/Kubernetes control plane.* is running at .*https:\/\/127\.0\.0\.1:\d+/] },
    { run: 'get --raw /livez', stdout: 'ok' },
    { run: 'get --raw /readyz?verbose', stdout: [/^\[\+\]ping ok$/m, /^readyz check passed$/m] },
    { run: 'get --raw /', stdout: [/"\/api"/, /"\/apis\/apps\/v1"/, /"\/openapi\/v2"/, /"\/version"/] },
    { run: 'get componentstatuses', stderr: 'Warning: v1 ComponentStatus is deprecated in v1.19+\nNo resources found' },
    {
      run: 'explain deployment.spec.strategy',
      stdout: [
        /^GROUP: +apps\n/,
        /^KIND: +Deployment\nVERSION: +v1\n/m,
        /^FIELD: strategy <DeploymentStrategy>/m,
        /^ +rollingUpdate\t<RollingUpdateDeployment>$/m,
      ],
    },
    {
      run: 'explain pod.spec.containers.ports',
      stdout: [
        /^FIELD: ports <\[\]ContainerPort>/m,
        /^ +containerPort\t<integer> -required-$/m,
        /^ +protocol\t<string>$/m,
      ],
    },
    {
      run: 'explain cronjob --recursive',
      stdout: [
        /^KIND: +CronJob$/m,
        /^ {4}jobTemplate\t<JobTemplateSpec> -required-$/m,
        /^ +ephemeralContainers\t<\[\]EphemeralContainer>$/m,
        /^ +containers\t<\[\]Container> -required-$/m,
      ],
    },
    { run: 'explain hpa.spec --api-version=autoscaling/v1', stdout: [/targetCPUUtilizationPercentage\t<integer>/] },
    { run: 'explain pod.spec.nothing', exit: 1, stderr: 'error: field "nothing" does not exist' },
    {
      run: 'explain nothing',
      exit: 1,
      stderr: `[[error: ]]the server doesn't have a resource type "nothing"`,
    },
    { run: 'top nodes', exit: 1, stderr: 'error: Metrics API not available' },
    { run: 'top pods', exit: 1, stderr: 'error: Metrics API not available' },
  ],
}
