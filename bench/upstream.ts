/**
 * kube-apiserver with etcd, where both binaries are given (PETREL_BENCH_KUBE_APISERVER, PETREL_BENCH_ETCD), and the
 * scheduler and controller manager where theirs are (PETREL_BENCH_KUBE_SCHEDULER, PETREL_BENCH_KUBE_CONTROLLER_MANAGER).
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, startChild } from './child.ts'
import { freePort } from './free-port.ts'
import { untilReady } from './ready.ts'
import type { Running, StartOptions, Target } from './target.ts'

export interface UpstreamBinaries {
  readonly apiserver: string
  readonly etcd: string
  readonly scheduler: string | undefined
  readonly controllerManager: string | undefined
}

export function upstreamBinaries(env: NodeJS.ProcessEnv): UpstreamBinaries | undefined {
  const apiserver = env['PETREL_BENCH_KUBE_APISERVER']
  const etcd = env['PETREL_BENCH_ETCD']
  if (!apiserver || !etcd) return undefined
  return {
    apiserver,
    etcd,
    scheduler: env['PETREL_BENCH_KUBE_SCHEDULER'],
    controllerManager: env['PETREL_BENCH_KUBE_CONTROLLER_MANAGER'],
  }
}

/**
 * Their clients hold themselves back to 20 and 50 requests a second by default: what is compared is the work, not that.
 * They serve nothing themselves, so that their ports meet nobody's.
 */
const unthrottled = ['--kube-api-qps=5000', '--kube-api-burst=5000', '--secure-port=0']

/** A CA, a serving certificate, an administrator and a key for service account tokens, made once. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  }
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '30',
    '-subj',
    '/CN=ca',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  )
  const sign = (name: string, subject: string, extensions: string): void => {
    writeFileSync(join(folder, `${name}.ext`), extensions)
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      subject,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    )
    openssl(
      'x509',
      '-req',
      '-days',
      '30',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.crt`,
    )
  }
  sign('server', '/CN=kube-apiserver', 'subjectAltName=IP:127.0.0.1,IP:10.96.0.1\n')
  sign('admin', '/O=system:masters/CN=admin', 'extendedKeyUsage=clientAuth\n')
  openssl('genrsa', '-out', 'sa.key', '2048')
}

export function upstreamTarget(folder: string, binaries: UpstreamBinaries): Target {
  makeCertificates(folder)
  const file = (name: string): string => join(folder, name)
  return {
    name: 'upstream',
    async start({ loops = false }: StartOptions = {}): Promise<Running> {
      const [apiPort, etcdPort, peerPort] = [await freePort(), await freePort(), await freePort()]
      const url = `https://127.0.0.1:${apiPort}`
      const started = performance.now()
      const children: Child[] = [
        startChild(
          binaries.etcd,
          [
            '--data-dir',
            file('etcd'),
            '--listen-client-urls',
            `http://127.0.0.1:${etcdPort}`,
            '--advertise-client-urls',
            `http://127.0.0.1:${etcdPort}`,
            '--listen-peer-urls',
            `http://127.0.0.1:${peerPort}`,
            '--initial-advertise-peer-urls',
            `http://127.0.0.1:${peerPort}`,
            '--initial-cluster',
            `default=http://127.0.0.1:${peerPort}`,
          ],
          file('etcd.log'),
        ),
        startChild(
          binaries.apiserver,
          [
            '--etcd-servers',
            `http://127.0.0.1:${etcdPort}`,
            '--bind-address=127.0.0.1',
            `--secure-port=${apiPort}`,
            '--service-cluster-ip-range=10.96.0.0/16',
            '--authorization-mode=Node,RBAC',
            '--client-ca-file',
            file('ca.crt'),
            '--tls-cert-file',
            file('server.crt'),
            '--tls-private-key-file',
            file('server.key'),
            '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
            '--service-account-key-file',
            file('sa.key'),
            '--service-account-signing-key-file',
            file('sa.key'),
          ],
          file('apiserver.log'),
        ),
      ]
      const ca = readFileSync(file('ca.crt'), 'utf8')
      await untilReady(url, () => ca, children, 60_000)
      const readyMs = performance.now() - started
      const kubeconfig = file('kubeconfig')
      writeFileSync(kubeconfig, kubeconfigText(url, folder))
      if (loops && binaries.controllerManager)
        children.push(
          startChild(
            binaries.controllerManager,
            [
              '--kubeconfig',
              kubeconfig,
              '--leader-elect=false',
              '--service-account-private-key-file',
              file('sa.key'),
              '--root-ca-file',
              file('ca.crt'),
              '--use-service-account-credentials',
              ...unthrottled,
            ],
            file('controller-manager.log'),
          ),
        )
      if (loops && binaries.scheduler)
        children.push(
          startChild(
            binaries.scheduler,
            ['--kubeconfig', kubeconfig, '--leader-elect=false', ...unthrottled],
            file('scheduler.log'),
          ),
        )
      return {
        url,
        ca,
        cert: readFileSync(file('admin.crt'), 'utf8'),
        key: readFileSync(file('admin.key'), 'utf8'),
        readyMs,
        pids: children.map(child => child.pid),
        async stop() {
          for (const child of children.reverse()) await child.stop()
        },
      }
    },
  }
}

function kubeconfigText(server: string, folder: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server, 'certificate-authority': join(folder, 'ca.crt') } }],
    users: [
      {
        name: 'admin',
        user: { 'client-certificate': join(folder, 'admin.crt'), 'client-key': join(folder, 'admin.key') },
      },
    ],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'admin' } }],
    'current-context': 'bench',
  })
}
