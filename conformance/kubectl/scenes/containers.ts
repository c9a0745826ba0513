/** What needs containers that really run. `{namespace}`, `{tmp}` and `{port}` are given by the test. */
import type { Scene } from '../step.ts'

const counting = 'i=0; while true; do i=$((i+1)); echo line $i; sleep 0.1; done'

export const containers: Scene = {
  name: 'logs, exec, attach, cp and port-forward',
  steps: [
    { run: 'create namespace {namespace}', stdout: 'namespace/<word> created' },
    { run: 'config set-context --current --namespace={namespace}' },
    { run: 'get serviceaccount default', eventually: true, stdout: [/^default /m] },
    {
      run: `run box --image=petrel.dev/node --restart=Never --command -- sh -c '${counting}'`,
      stdout: 'pod/box created',
    },
    { run: 'wait pod/box --for=condition=Ready --timeout=60s', stdout: 'pod/box condition met' },
    { run: 'logs box', eventually: true, stdout: [/^line 1\nline 2\nline 3\n/] },
    { run: 'logs box --tail=1', stdout: 'line <number>' },
    { run: 'logs box --tail=1 --timestamps', stdout: '<time> line <number>' },
    { run: 'logs box --limit-bytes=4', stdout: 'line' },
    { run: 'logs box --since=1h --prefix --tail=1', stdout: '[pod/box/box] line <number>' },
    { run: 'logs box -c other', exit: 1, stderr: /container other is not valid for pod box/ },
    { run: 'logs box --previous', exit: 1, stderr: /previous terminated container "box" in pod "box" not found/ },
    {
      run: 'get pod box',
      stdout: 'NAME  READY  STATUS  RESTARTS  AGE\nbox  1/1  Running  0  <age>',
      meanwhile: { run: 'logs -f box --tail=1', first: /^line \d+\n/, stdout: [/^(line \d+\n){4}/] },
    },
    {
      run: 'get pod box -o name',
      stdout: 'pod/box',
      meanwhile: {
        run: 'attach box',
        first: /^line \d+$/m,
        stdout: [/^(line \d+\n){4}/m],
        stderr: /^(All commands and output.*\n)?(If you don't see a command prompt.*\n)?$/,
      },
    },
    { run: 'exec box -- echo hello', stdout: 'hello' },
    { run: 'exec pod/box -c box -- sh -c "echo one; echo two >&2"', stdout: 'one', stderr: 'two' },
    { run: 'exec box -- sh -c "exit 3"', exit: 3, stdout: '', stderr: 'command terminated with exit code 3' },
    { run: 'exec -i box -- cat', stdin: 'from here\n', stdout: 'from here' },
    { run: 'exec -i box -- wc -c', stdin: 'x'.repeat(300_000), stdout: '300000' },
    { run: 'exec box -- head -c 300000 /dev/zero', stdout: /^\0{300000}$/ },
    {
      run: 'exec -it box -- sh -c "test -t 0 && test -t 1 && echo a terminal; sleep 0.5; stty size; exit 4"',
      terminal: true,
      exit: 4,
      stdout: [/^a terminal\r\n33 111\r\n/],
    },
    { run: 'exec box -- sh -c "test -t 0 || test -t 1 || echo no terminal"', stdout: 'no terminal' },
    // Runtimes differ: containerd has kubectl end with 1, Docker with 126, a shell says 127.
    { run: 'exec box -- no-such-program', exit: 127, stderr: /no-such-program/ },
    {
      run: 'exec box -c other -- true',
      exit: 1,
      stderr: /container other is not valid for pod box|container not found/,
    },
    { run: 'exec none -- true', exit: 1, stderr: 'Error from server (NotFound): pods "none" not found' },
    {
      run: 'run asked -i --rm --quiet --image=petrel.dev/node --restart=Never --command -- sh -c "while read line; do echo got $line; done"',
      stdin: 'one\ntwo\n',
      stdout: [/^got one\ngot two\n/],
      stderr: /^(All commands and output.*\n)?(If you don't see a command prompt.*\n)?$/,
    },
    { run: 'cp app.yaml box:/tmp/app.yaml' },
    { run: 'exec box -- cat /tmp/app.yaml', stdout: [/^apiVersion: apps\/v1\nkind: Deployment\n/] },
    { run: 'cp box:/tmp/app.yaml {tmp}/back.yaml', stderr: /^(tar: [Rr]emoving leading .*\n)?$/ },
    { run: 'diff -f {tmp}/back.yaml', exit: 1, stdout: [/^\+ {2}name: app$/m] },
    { run: 'cp ../files box:/tmp/folder' },
    { run: 'exec box -- ls /tmp/folder', stdout: [/^app\.yaml$/m, /^kinds\.yaml$/m] },
    { run: 'run crash --image=petrel.dev/node --command -- sh -c "echo dying; exit 7"', stdout: 'pod/crash created' },
    {
      run: 'get pod crash -o jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}',
      eventually: true,
      stdout: '7',
    },
    { run: 'logs crash --previous', stdout: 'dying' },
    { run: 'get pod crash', eventually: true, stdout: [/^crash +0\/1 +CrashLoopBackOff +\d+ /m] },
    { run: 'apply -f server.yaml', stdout: 'deployment.apps/server created\nservice/server created' },
    { run: 'rollout status deployment/server --timeout=60s', stdout: [/successfully rolled out$/m] },
    { run: 'logs deployment/server', stdout: [/^listening$/m] },
    { run: 'logs -l app=server --all-containers', stdout: [/^listening$/m] },
    { run: 'exec deployment/server -- node -p 6*7', stdout: '42' },
    {
      run: 'exec box -- wget -q -O - http://server.{namespace}.svc.cluster.local/by-name',
      eventually: true,
      stdout: 'GET /by-name on server-<hash>-<rand>',
    },
    {
      run: 'get pods -l app=server -o jsonpath={.items[0].metadata.name}',
      keep: 'pod',
      stdout: 'server-<hash>-<rand>',
    },
    ...['pod/{pod}', 'deployment/server'].map(target => ({
      run: 'get --raw /through --server=http://127.0.0.1:{port}',
      stdout: 'GET /through on server-<hash>-<rand>',
      meanwhile: {
        run: `port-forward ${target} {port}:8080`,
        first: /^Forwarding from 127\.0\.0\.1:\d+ -> 8080$/m,
        stdout: [/^Handling connection for \d+$/m],
      },
    })),
    {
      run: 'get --raw /service --server=http://127.0.0.1:{port}',
      stdout: 'GET /service on server-<hash>-<rand>',
      meanwhile: { run: 'port-forward service/server {port}:80', first: /^Forwarding from 127\.0\.0\.1:\d+ -> 8080$/m },
    },
    {
      run: 'get --raw /version --server=http://127.0.0.1:{port}',
      stdout: [/"minor": "36"/],
      meanwhile: { run: 'proxy --port={port}', first: /^Starting to serve on 127\.0\.0\.1:\d+$/m },
    },
    {
      run: 'get --raw /api/v1/namespaces/{namespace}/services/server/proxy/proxied',
      stdout: 'GET /proxied on server-<hash>-<rand>',
    },
    { run: 'top pods', exit: 1, stderr: 'error: Metrics API not available' },
    { run: 'delete pod box --grace-period=1', stdout: 'pod "box" deleted[[ from <word> namespace]]' },
    { run: 'delete pod crash --now', stdout: 'pod "crash" deleted[[ from <word> namespace]]' },
    { run: 'delete namespace {namespace} --timeout=60s', stdout: 'namespace "<word>" deleted' },
  ],
}
