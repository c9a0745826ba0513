/**
 * The volumes of the pods on this node: set up before the first container, kept up to date while the pod lives, removed
 * when its containers are gone. Everything lies under the pod's folder, so that an agent that comes back finds it.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod, Volume } from '@petrel/machinery/api/core-v1'
import { writePayload } from './atomic-writer.ts'
import { ensureEmptyDir, removeEmptyDir } from './empty-dir.ts'
import { ensureHostPath } from './host-path.ts'
import { type PayloadSources, payloadOf } from './payload.ts'

export class PodVolumes {
  readonly #folder: string

  /** `folder` holds one folder a pod, by uid. */
  constructor(folder: string) {
    this.#folder = folder
  }

  podFolder(uid: string): string {
    return join(this.#folder, uid)
  }

  /** Host paths by volume name. Rejects with the words of a FailedMount event. */
  async setUp(pod: Pod, sources: PayloadSources): Promise<Map<string, string>> {
    const paths = new Map<string, string>()
    for (const volume of pod.spec?.volumes ?? []) {
      try {
        paths.set(volume.name, await this.#setUpOne(pod, volume, sources))
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        throw new Error(`MountVolume.SetUp failed for volume "${volume.name}" : ${why}`, { cause: error })
      }
    }
    return paths
  }

  /** Brings the volumes that carry API data up to date; what is missing by now stays as it was. */
  async refresh(pod: Pod, sources: PayloadSources): Promise<void> {
    for (const volume of pod.spec?.volumes ?? []) {
      const payload = await payloadOf(pod, volume, sources).catch(() => undefined)
      if (payload) await writePayload(this.#path(pod, volume), payload, pod.spec?.securityContext?.fsGroup)
    }
  }

  /** Removes everything of the pod. Twice is once. */
  async tearDown(uid: string): Promise<void> {
    const emptyDirs = join(this.podFolder(uid), 'volumes', 'kubernetes.io~empty-dir')
    for (const name of await readdir(emptyDirs).catch(() => [])) await removeEmptyDir(join(emptyDirs, name))
    await rm(this.podFolder(uid), { recursive: true, force: true })
  }

  /** Uids of the pods that have a folder. */
  async pods(): Promise<string[]> {
    return await readdir(this.#folder).catch(() => [])
  }

  async #setUpOne(pod: Pod, volume: Volume, sources: PayloadSources): Promise<string> {
    const path = this.#path(pod, volume)
    const fsGroup = pod.spec?.securityContext?.fsGroup
    if (volume.emptyDir) {
      await ensureEmptyDir(path, volume.emptyDir, fsGroup)
      return path
    }
    if (volume.hostPath) {
      await ensureHostPath(volume.hostPath.path, volume.hostPath.type ?? '')
      return volume.hostPath.path
    }
    const payload = await payloadOf(pod, volume, sources)
    if (!payload) throw new Error(`no volume plugin matched: ${kindOf(volume)} volumes are not supported on this node`)
    await mkdir(path, { recursive: true })
    await writePayload(path, payload, fsGroup)
    return path
  }

  /** As upstream lays it out: `volumes/kubernetes.io~secret/NAME`, and so on with empty-dir, configmap, downward-api. */
  #path(pod: Pod, volume: Volume): string {
    const kind = volume.configMap
      ? 'configmap'
      : kindOf(volume).replace(/[A-Z]+/g, letters => `-${letters.toLowerCase()}`)
    return join(this.podFolder(pod.metadata?.uid ?? ''), 'volumes', `kubernetes.io~${kind}`, volume.name)
  }
}

function kindOf(volume: Volume): string {
  return Object.keys(volume).find(key => key !== 'name') ?? 'unknown'
}
