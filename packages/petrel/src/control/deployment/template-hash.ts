/**
 * The label that tells the ReplicaSets of one Deployment apart. Upstream hashes Go's printing of the template; the
 * value is opaque to clients, so ours hashes canonical JSON, with the same function and alphabet.
 */
import type { PodTemplateSpec } from '@petrel/machinery/api/core-v1'
import { sameJson } from '../../client/index.ts'

export const templateHashLabel = 'pod-template-hash'

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

export function templateHash(template: PodTemplateSpec | undefined, collisionCount: number | undefined): string {
  const text = `${canonical(template)}${collisionCount === undefined ? '' : `#${collisionCount}`}`
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return [...String(hash >>> 0)].map(digit => alphabet[digit.charCodeAt(0) % alphabet.length]).join('')
}

/** JSON with sorted keys and without undefined fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/** True when both are the same but for the hash label. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return sameJson(withoutHash(a), withoutHash(b))
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [templateHashLabel]: _hash, ...labels } = template?.metadata?.labels ?? {}
  return { ...template, metadata: { ...template?.metadata, labels } }
}
