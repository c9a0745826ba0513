/** `get` in every form of output and with everything that narrows it. */
import type { Scene } from '../step.ts'

export const read: Scene = {
  name: 'get in every form',
  steps: [
    { run: 'create configmap one --from-literal=size=1', stdout: 'configmap/one created' },
    { run: 'create configmap two --from-literal=size=2 --from-literal=more=2', stdout: 'configmap/two created' },
    { run: 'label configmap one two group=pair', stdout: 'configmap/one labeled\nconfigmap/two labeled' },
    { run: 'label configmap one first=yes', stdout: 'configmap/one labeled' },
    { run: 'get configmaps -l group=pair', stdout: 'NAME  DATA  AGE\none  1  <age>\ntwo  2  <age>' },
    { run: `get configmaps -l 'group in (pair),!first' --no-headers`, stdout: 'two  2  <age>' },
    { run: 'get configmaps -l group=none', stdout: '', stderr: 'No resources found in shop namespace.' },
    {
      run: `get configmaps -l 'group in (pair'`,
      exit: 1,
      stderr: /unable to parse requirement: found '[^']*',? expected: ','/,
    },
    {
      run: 'get configmaps -l group=pair --show-labels',
      stdout: `
NAME  DATA  AGE  LABELS
one  1  <age>  first=yes,group=pair
two  2  <age>  group=pair
`,
    },
    {
      run: 'get configmaps -l group=pair -L first',
      stdout: 'NAME  DATA  AGE  FIRST\none  1  <age>  yes\ntwo  2  <age>',
    },
    {
      run: 'get configmap one -o yaml',
      stdout: `
apiVersion: v1
data:
  size: "1"
kind: ConfigMap
metadata:
  creationTimestamp: "<time>"
  labels:
    first: "yes"
    group: pair
  name: one
  namespace: shop
  resourceVersion: "<number>"
  uid: <uid>
`,
    },
    {
      run: 'get configmap one -o json',
      stdout: `
{
    "apiVersion": "v1",
    "data": {
        "size": "1"
    },
    "kind": "ConfigMap",
    "metadata": {
        "creationTimestamp": "<time>",
        "labels": {
            "first": "yes",
            "group": "pair"
        },
        "name": "one",
        "namespace": "shop",
        "resourceVersion": "<number>",
        "uid": "<uid>"
    }
}
`,
    },
    { run: 'get configmaps -l group=pair -o name', stdout: 'configmap/one\nconfigmap/two' },
    { run: 'get configmap one -o jsonpath={.data.size}', stdout: '1' },
    {
      run: `get configmaps -l group=pair -o jsonpath='{range .items[*]}{.metadata.name}={.data.size} {end}'`,
      stdout: 'one=1 two=2',
    },
    { run: `get configmaps -o jsonpath='{.items[?(@.data.more=="2")].metadata.name}'`, stdout: 'two' },
    {
      run: 'get configmaps -l group=pair -o custom-columns=NAME:.metadata.name,MORE:.data.more',
      stdout: 'NAME  MORE\none  <none>\ntwo  2',
    },
    { run: `get configmap two -o go-template='{{.metadata.name}} {{len .data}}'`, stdout: 'two 2' },
    { run: 'get configmaps --field-selector metadata.name=two -o name', stdout: 'configmap/two' },
    {
      run: 'get configmaps --field-selector data.size=1',
      exit: 1,
      stderr:
        'Error from server (BadRequest): Unable to find "/v1, Resource=configmaps" that match label selector "", field selector "data.size=1": "data.size" is not a known field selector: only "metadata.name", "metadata.namespace"',
    },
    { run: `get configmaps -l group=pair --sort-by='{.data.size}' -o name`, stdout: 'configmap/one\nconfigmap/two' },
    { run: 'get configmaps -l group=pair --chunk-size=1', stdout: 'NAME  DATA  AGE\none  1  <age>\ntwo  2  <age>' },
    { run: 'get configmaps,secrets -o name', stdout: [/^configmap\/kube-root-ca\.crt$/m, /^secret\/keys$/m] },
    {
      run: 'get all',
      stdout: [
        /^pod\/web-/m,
        /^service\/web /m,
        /^deployment\.apps\/web /m,
        /^replicaset\.apps\/web-/m,
        /^cronjob\.batch\/tick /m,
      ],
    },
    {
      run: 'get deployments -A',
      stdout: [/^NAMESPACE +NAME +READY +UP-TO-DATE +AVAILABLE +AGE\n/, /^shop +web +2\/2 /m],
    },
    { run: 'get pods --field-selector status.phase=Running,spec.nodeName!=none -o name', stdout: [/^pod\/web-/] },
    { run: 'get configmap none', exit: 1, stderr: 'Error from server (NotFound): configmaps "none" not found' },
    { run: 'get configmap none --ignore-not-found', stdout: '' },
    { run: 'get nothings', exit: 1, stderr: `error: the server doesn't have a resource type "nothings"` },
    { run: 'get configmap one -o jsonpath={.data', exit: 1, stderr: /unclosed action/ },
    {
      run: 'create configmap three',
      stdout: 'configmap/three created',
      meanwhile: { run: 'get configmaps -w --no-headers', first: /^two /m, stdout: [/^three +0 /m] },
    },
    {
      run: 'delete configmap three',
      stdout: 'configmap "three" deleted[[ from shop namespace]]',
      meanwhile: {
        first: /ADDED/,
        run: 'get configmap three -w --output-watch-events -o custom-columns=EVENT:.type,NAME:.object.metadata.name',
        stdout: 'EVENT  NAME\nADDED  three\nDELETED  three',
      },
    },
    {
      run: 'delete configmap one two',
      stdout: 'configmap "one" deleted[[ from shop namespace]]\nconfigmap "two" deleted[[ from shop namespace]]',
    },
  ],
}
