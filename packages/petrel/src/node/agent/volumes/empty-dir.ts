/** emptyDir volumes: a folder that lives as long as the pod, or memory where the medium says so. */
import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, readFile, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { EmptyDirVolumeSource } from '@petrel/machinery/api/core-v1'
import { value } from '@petrel/machinery/quantity'

const run = promisify(execFile)

/** Makes it, or finds it made: containers that restart find their files. `group` is the pod's fsGroup. */
export async function ensureEmptyDir(
  folder: string,
  source: EmptyDirVolumeSource,
  group: number | undefined,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  if (source.medium === 'Memory' && !(await isMounted(folder))) {
    const size = source.sizeLimit === undefined ? [] : ['-o', `size=${value(source.sizeLimit)}`]
    await run('mount', ['-t', 'tmpfs', ...size, 'tmpfs', folder])
  }
  // Every user of the pod may write; with a group, what is made inside belongs to it.
  if (group !== undefined) await chown(folder, -1, group)
  await chmod(folder, group === undefined ? 0o777 : 0o2777)
}

export async function removeEmptyDir(folder: string): Promise<void> {
  if (await isMounted(folder)) await run('umount', [folder])
  await rm(folder, { recursive: true, force: true })
}

async function isMounted(folder: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')
  return mounts.split('\n').some(line => line.split(' ')[4] === folder)
}
