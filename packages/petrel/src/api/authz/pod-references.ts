/** Which objects a pod needs (pkg/api/v1/pod, VisitPodSecretNames and VisitPodConfigmapNames; the edges of the node authorizer's graph). */
import type { Container, EphemeralContainer, Pod, Volume } from '@petrel/machinery/api/core-v1'

export type ReferencedResource =
  | 'secrets'
  | 'configmaps'
  | 'persistentvolumeclaims'
  | 'serviceaccounts'
  | 'resourceclaims'

/** Names in the pod's own namespace, with repetitions. */
export function podReferences(pod: Pod, resource: ReferencedResource): string[] {
  const spec = pod.spec
  if (!spec) return []
  const volumes = spec.volumes ?? []
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]
  switch (resource) {
    case 'serviceaccounts':
      return present([spec.serviceAccountName])
    case 'persistentvolumeclaims':
      return present(volumes.map(volume => claimName(pod, volume)))
    case 'resourceclaims':
      return present([
        ...(spec.resourceClaims ?? []).map(claim => claim.resourceClaimName),
        ...(pod.status?.resourceClaimStatuses ?? []).map(status => status.resourceClaimName),
      ])
    case 'configmaps':
      return present([...volumes.flatMap(volumeConfigMaps), ...containers.flatMap(containerConfigMaps)])
    case 'secrets':
      // What a mirror pod names comes from its node, which must not choose what it may read.
      if (pod.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) return []
      return present([
        ...(spec.imagePullSecrets ?? []).map(reference => reference.name),
        ...volumes.flatMap(volumeSecrets),
        ...containers.flatMap(containerSecrets),
      ])
  }
}

function present(names: readonly (string | undefined)[]): string[] {
  return names.filter(name => name !== undefined && name !== '') as string[]
}

/** An ephemeral volume's claim is named after pod and volume (KEP-1698). */
function claimName(pod: Pod, volume: Volume): string | undefined {
  if (volume.ephemeral) return `${pod.metadata?.name}-${volume.name}`
  return volume.persistentVolumeClaim?.claimName
}

function volumeConfigMaps(volume: Volume): (string | undefined)[] {
  return [volume.configMap?.name, ...(volume.projected?.sources ?? []).map(source => source.configMap?.name)]
}

function volumeSecrets(volume: Volume): (string | undefined)[] {
  return [
    volume.secret?.secretName,
    ...(volume.projected?.sources ?? []).map(source => source.secret?.name),
    volume.csi?.nodePublishSecretRef?.name,
    volume.azureFile?.secretName,
    volume.cephfs?.secretRef?.name,
    volume.cinder?.secretRef?.name,
    volume.flexVolume?.secretRef?.name,
    volume.iscsi?.secretRef?.name,
    volume.rbd?.secretRef?.name,
    volume.scaleIO?.secretRef?.name,
    volume.storageos?.secretRef?.name,
  ]
}

function containerConfigMaps(container: Container | EphemeralContainer): (string | undefined)[] {
  return [
    ...(container.envFrom ?? []).map(source => source.configMapRef?.name),
    ...(container.env ?? []).map(variable => variable.valueFrom?.configMapKeyRef?.name),
  ]
}

function containerSecrets(container: Container | EphemeralContainer): (string | undefined)[] {
  return [
    ...(container.envFrom ?? []).map(source => source.secretRef?.name),
    ...(container.env ?? []).map(variable => variable.valueFrom?.secretKeyRef?.name),
  ]
}
