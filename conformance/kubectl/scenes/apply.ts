/** Declarative changes: apply, diff, replace, edit, patch, label, annotate. */
import type { Scene } from '../step.ts'

const invalidName = (name: string): string =>
  `Invalid value: "${name}": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`

export const apply: Scene = {
  name: 'apply, diff, edit and patch',
  steps: [
    { run: 'diff -f app.yaml', exit: 1, stdout: [/^\+kind: Deployment$/m, /^\+ {2}name: app$/m] },
    { run: 'apply -f app.yaml', stdout: 'deployment.apps/app created' },
    { run: 'apply -f app.yaml', stdout: 'deployment.apps/app unchanged' },
    { run: 'diff -f app.yaml', stdout: '' },
    { run: 'diff -f app-newer.yaml', exit: 1, stdout: [/^-.*image: nginx:1\.25$/m, /^\+.*image: nginx:1\.26$/m] },
    { run: 'apply -f app-newer.yaml --dry-run=server', stdout: 'deployment.apps/app configured (server dry run)' },
    { run: 'apply -f app-newer.yaml', stdout: 'deployment.apps/app configured' },
    { run: 'get deployment app -o jsonpath={.spec.template.spec.containers[*].image}', stdout: 'nginx:1.26' },
    { run: 'apply view-last-applied deployment/app -o json', stdout: [/"image": "nginx:1\.26"/] },
    { run: 'replace -f app.yaml', stdout: 'deployment.apps/app replaced' },
    { run: 'apply --server-side -f app.yaml', stdout: 'deployment.apps/app serverside-applied' },
    { run: 'edit deployment app', env: { KUBE_EDITOR: './edit-replicas.sh' }, stdout: 'deployment.apps/app edited' },
    { run: 'get deployment app -o jsonpath={.spec.replicas}', stdout: '3' },
    { run: 'edit deployment app', env: { KUBE_EDITOR: 'true' }, stderr: 'Edit cancelled, no changes made.' },
    {
      run: 'edit deployment app',
      env: { KUBE_EDITOR: './edit-wrongly.sh' },
      exit: 1,
      stderr: [/deployments\.apps "app" is invalid/, /Edit cancelled, no valid changes were saved/],
    },
    { run: 'label deployment app tier=front', stdout: 'deployment.apps/app labeled' },
    { run: 'label deployment app tier=front', stdout: 'deployment.apps/app not labeled' },
    {
      run: 'label deployment app tier=back',
      exit: 1,
      stderr: `error: 'tier' already has a value (front), and --overwrite is false`,
    },
    { run: 'label deployment app tier=back --overwrite', stdout: 'deployment.apps/app labeled' },
    { run: 'label deployment app tier-', stdout: 'deployment.apps/app unlabeled' },
    { run: `label deployment app tier='not good!'`, exit: 1, stderr: /invalid label value: "tier=not good!"/ },
    {
      run: `label deployment app 'bad key=x'`,
      exit: 1,
      stderr: `The Deployment "app" is invalid: metadata.labels: Invalid value: "bad key": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    },
    { run: `annotate deployment app note='hello world'`, stdout: 'deployment.apps/app annotate[[d]]' },
    { run: 'get deployment app -o jsonpath={.metadata.annotations.note}', stdout: 'hello world' },
    { run: 'annotate deployment app note-', stdout: 'deployment.apps/app annotate[[d]]' },
    {
      run: `patch deployment app -p '{"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"A","value":"1"}]}]}}}}'`,
      stdout: 'deployment.apps/app patched',
    },
    {
      run: `get deployment app -o jsonpath='{.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env}'`,
      stdout: 'nginx:1.25 [{"name":"A","value":"1"}]',
    },
    { run: `patch deployment app --type=merge -p '{"spec":{"replicas":2}}'`, stdout: 'deployment.apps/app patched' },
    {
      run: `patch deployment app --type=merge -p '{"spec":{"replicas":2}}'`,
      stdout: 'deployment.apps/app patched (no change)',
    },
    {
      run: `patch deployment app --type=json -p '[{"op":"test","path":"/spec/replicas","value":2},{"op":"remove","path":"/spec/template/spec/containers/0/env"}]'`,
      stdout: 'deployment.apps/app patched',
    },
    {
      run: `patch deployment app --type=json -p '[{"op":"remove","path":"/spec/nothing"}]'`,
      exit: 1,
      stderr: [/^The request is invalid: /, /remove/],
    },
    {
      run: `patch deployment app --type=merge -p '{"spec":'`,
      exit: 1,
      stderr: 'Error from server (BadRequest): error decoding patch: unexpected end of JSON input',
    },
    {
      run: `patch deployment app -p '{"spec":{"replicas":-1}}'`,
      exit: 1,
      stderr: 'The Deployment "app" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    },
    {
      run: `patch deployment app -p '{"spec":{"selector":{"matchLabels":{"x":"y"}}}}'`,
      exit: 1,
      stderr: [
        /The Deployment "app" is invalid: ?/,
        /`selector` does not match template `labels`/,
        /field is immutable/,
      ],
    },
    {
      run: `patch deployment app --subresource=scale --type=merge -p '{"spec":{"replicas":1}}'`,
      stdout: 'scale.autoscaling/app patched',
    },
    { run: 'get deployment app --subresource=scale -o jsonpath={.spec.replicas}', stdout: '1' },
    {
      run: 'get deployment app --subresource=scale',
      eventually: true,
      stdout: 'NAME  DESIRED  AVAILABLE  AGE\napp  1  1  <age>',
    },
    { run: 'get deployment app --subresource=status', stdout: [/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\napp +/] },
    {
      run: 'create -f unknown-fields.yaml',
      exit: 1,
      stderr: `Error from server (BadRequest): error when creating "unknown-fields.yaml": Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica", unknown field "spec.template.spec.containers[0].imagePullPolice"`,
    },
    {
      run: 'create -f unknown-fields.yaml --validate=warn --dry-run=server',
      stdout: 'deployment.apps/bad created (server dry run)',
      stderr: `
Warning: unknown field "spec.replica"
Warning: unknown field "spec.template.spec.containers[0].imagePullPolice"
`,
    },
    {
      run: 'create -f unknown-fields.yaml --validate=ignore --dry-run=server',
      stdout: 'deployment.apps/bad created (server dry run)',
    },
    {
      run: 'create -f invalid.yaml',
      exit: 1,
      stderr: `
The Deployment "bad" is invalid:
* spec.replicas: Invalid value: -1: must be greater than or equal to 0
* spec.template.metadata.labels: Invalid value: {"app":"other"}: \`selector\` does not match template \`labels\`
* spec.template.spec.containers[0].name: ${invalidName('Upper_Case')}
* spec.template.spec.containers[0].image: Required value
* spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 99999999: must be between 1 and 65535, inclusive
`,
    },
    {
      run: 'apply -f no-such-kind.yaml',
      exit: 1,
      stderr: [/no matches for kind "Unheard" in version "example\.com\/v1"/, /ensure CRDs are installed first/],
    },
    {
      run: 'create namespace Not_Good',
      exit: 1,
      stderr: `The Namespace "Not_Good" is invalid: metadata.name: ${invalidName('Not_Good')}`,
    },
    {
      run: 'create configmap x -n nowhere',
      exit: 1,
      stderr: 'error: failed to create configmap: namespaces "nowhere" not found',
    },
    {
      run: 'replace -f -',
      stdin:
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","resourceVersion":"1"},"data":{"color":"red"}}',
      exit: 1,
      stderr: `Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on configmaps "settings": the object has been modified; please apply your changes to the latest version and try again`,
    },
    { run: 'delete -f app.yaml', stdout: 'deployment.apps "app" deleted[[ from shop namespace]]' },
  ],
}
