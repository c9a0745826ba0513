/**
 * ServiceAccount (plugin/pkg/admission/serviceaccount): every pod runs as a service account that exists, finds its token
 * in a projected volume, and inherits the account's image pull secrets.
 */
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '@petrel/machinery/api/core-v1'
import { serviceAccounts } from '@petrel/machinery/kinds'
import { type Clock, type Rng, randomSuffix } from '../../base/index.ts'
import { podReferences } from '../authz/index.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../contract.ts'
import { concerns, refuse } from './refuse.ts'

const volumePrefix = 'kube-api-access-'
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const mirrorAnnotation = 'kubernetes.io/config.mirror'

/** How long a pod waits for the account `default` of a new namespace, which a controller makes: ten tries of upstream. */
const defaultAccountPatienceMs = 1500

export function serviceAccount(reader: ObjectReader, clock: Clock, rng: Rng): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    async admit(request) {
      if (!concerns(request, 'pods', 'CREATE')) return
      const pod = request.object as Pod
      const spec = pod.spec
      if (!spec || isMirror(pod)) return
      const name = spec.serviceAccountName || spec.serviceAccount || 'default'
      spec.serviceAccountName = name
      // The deprecated name of the same field; both are stored.
      spec.serviceAccount = name
      const account = await findAccount(reader, clock, request, name)
      if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, rng)
      const pullSecrets = account.imagePullSecrets ?? []
      if ((spec.imagePullSecrets ?? []).length === 0 && pullSecrets.length > 0) {
        spec.imagePullSecrets = pullSecrets.map(secret => ({ ...secret }))
      }
    },
    validate(request) {
      if (!concerns(request, 'pods', 'CREATE')) return
      const pod = request.object as Pod
      if (isMirror(pod)) return checkMirror(request, pod)
      const name = pod.spec?.serviceAccountName ?? ''
      if (name === '')
        throw refuse(request, `no service account specified for pod ${request.namespace}/${pod.metadata?.name ?? ''}`)
      if (!reader.get(serviceAccounts, request.namespace, name)) throw unknownAccount(request, name)
    },
  }
}

function isMirror(pod: Pod): boolean {
  return pod.metadata?.annotations?.[mirrorAnnotation] !== undefined
}

async function findAccount(
  reader: ObjectReader,
  clock: Clock,
  request: AdmissionRequest,
  name: string,
): Promise<ServiceAccount> {
  const found = reader.get(serviceAccounts, request.namespace, name)
  if (found) return found
  if (name === 'default') await untilChanged(reader, clock, request.namespace, name)
  const late = reader.get(serviceAccounts, request.namespace, name)
  if (!late) throw unknownAccount(request, name)
  return late
}

/** Resolves when the account changes, or patience ends. */
function untilChanged(reader: ObjectReader, clock: Clock, namespace: string, name: string): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      timer.cancel()
      watch.cancel()
      resolve()
    }
    const watch = reader.onChange(serviceAccounts, current => {
      if (current?.metadata?.name === name && current.metadata.namespace === namespace) done()
    })
    const timer = clock.after(defaultAccountPatienceMs, done)
  })
}

function unknownAccount(request: AdmissionRequest, name: string): Error {
  const why = `serviceaccount ${JSON.stringify(name)} not found`
  return refuse(request, `error looking up service account ${request.namespace}/${name}: ${why}`)
}

function checkMirror(request: AdmissionRequest, pod: Pod): void {
  if ((pod.spec?.serviceAccountName ?? '') !== '')
    throw refuse(request, 'a mirror pod may not reference service accounts')
  const { [mirrorAnnotation]: _, ...annotations } = pod.metadata?.annotations ?? {}
  const plain = { ...pod, metadata: { ...pod.metadata, annotations } }
  if (podReferences(plain, 'secrets').length > 0) throw refuse(request, 'a mirror pod may not reference secrets')
  const sources = (pod.spec?.volumes ?? []).flatMap(volume => volume.projected?.sources ?? [])
  if (sources.some(source => source.serviceAccountToken)) {
    throw refuse(request, 'a mirror pod may not use ServiceAccountToken volume projections')
  }
}

/** A container that mounts something at the path already is left as it is. */
function mountToken(spec: PodSpec, rng: Rng): void {
  const existing = spec.volumes?.find(volume => volume.name.startsWith(volumePrefix))
  const name = existing?.name ?? `${volumePrefix}${randomSuffix(rng)}`
  let isNeeded = false
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (mounts(container)) continue
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }]
    isNeeded = true
  }
  if (isNeeded && !existing) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)]
}

function mounts(container: Container): boolean {
  return (container.volumeMounts ?? []).some(mount => mount.mountPath === mountPath)
}

/** TokenVolumeSource: token, authority and namespace, as every in-cluster client expects them. */
function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  }
}
