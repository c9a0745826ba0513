/** Who may do what, and how that is asked. */
import type { Scene } from '../step.ts'

export const access: Scene = {
  name: 'access is granted and refused',
  steps: [
    {
      run: 'auth whoami',
      from: 28,
      stdout: [/^ATTRIBUTE +VALUE\nUsername +\S+\nGroups +\[system:masters system:authenticated\]\n/],
    },
    { run: 'auth can-i create pods', stdout: 'yes' },
    { run: `auth can-i '*' '*'`, stdout: 'yes' },
    { run: 'auth can-i create pods --as=jane', exit: 1, stdout: 'no' },
    {
      run: 'auth can-i get nodes --as=jane',
      stdout: 'yes',
      stderr: /Warning: resource 'nodes' is not namespace scoped/,
    },
    { run: 'auth can-i list pods --as=system:serviceaccount:shop:robot', stdout: 'yes' },
    { run: 'auth can-i get pods/log --as=system:serviceaccount:shop:robot', stdout: 'yes' },
    { run: 'auth can-i list pods --as=system:serviceaccount:shop:robot -n default', exit: 1, stdout: 'no' },
    {
      run: 'auth can-i --list --as=system:serviceaccount:shop:robot',
      stdout: [
        /^Resources +Non-Resource URLs +Resource Names +Verbs\n/,
        /^pods\/log +\[\] +\[\] +\[get list watch\]$/m,
        /^ +\[\/healthz\] +\[\] +\[get\]$/m,
      ],
    },
    { run: 'auth can-i --list --as=jane', stdout: [/^nodes +\[\] +\[\] +\[get\]$/m] },
    {
      run: 'get pods --as=jane',
      exit: 1,
      stderr:
        'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "shop"',
    },
    {
      run: 'get deployments -A --as=jane',
      exit: 1,
      stderr:
        'Error from server (Forbidden): deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope',
    },
    { run: 'create token robot --duration=20m', keep: 'token', stdout: /^[\w-]+\.[\w-]+\.[\w-]+$/m },
    {
      run: 'create token nobody',
      exit: 1,
      stderr: 'error: failed to create token: serviceaccounts "nobody" not found',
    },
    { run: 'config set-credentials robot --token={token}', stdout: 'User "robot" set.' },
    { run: 'get pods --user=robot -o name', stdout: [/^pod\/web-/] },
    {
      run: 'auth whoami --user=robot',
      from: 28,
      stdout: [
        /^Username +system:serviceaccount:shop:robot$/m,
        /^Groups +\[system:serviceaccounts system:serviceaccounts:shop system:authenticated\]$/m,
      ],
    },
    {
      run: 'get secrets --user=robot',
      exit: 1,
      stderr:
        'Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:shop:robot" cannot list resource "secrets" in API group "" in the namespace "shop"',
    },
    {
      run: 'delete pod web --user=robot',
      exit: 1,
      stderr:
        'Error from server (Forbidden): pods "web" is forbidden: User "system:serviceaccount:shop:robot" cannot delete resource "pods" in API group "" in the namespace "shop"',
    },
    {
      run: 'create role more --verb=get --resource=secrets --user=robot',
      exit: 1,
      stderr:
        /roles\.rbac\.authorization\.k8s\.io is forbidden: User "system:serviceaccount:shop:robot" cannot create resource "roles" in API group "rbac\.authorization\.k8s\.io" in the namespace "shop"/,
    },
    { run: 'config set-credentials stranger --token=not.a.token', stdout: 'User "stranger" set.' },
    { run: 'get pods --user=stranger', exit: 1, stderr: /error: You must be logged in to the server \(Unauthorized\)/ },
    { run: 'get serviceaccount robot -o jsonpath={.metadata.namespace}', stdout: 'shop' },
  ],
}
