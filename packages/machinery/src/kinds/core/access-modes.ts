/** How a volume may be mounted: the modes' rules and their short names in tables. */
import type { FieldErrors } from '../../status/index.ts'

const supported = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const shortNames = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const

/** `RWO,ROX`, always in this order. */
export function formatAccessModes(modes: readonly string[] | undefined): string {
  return shortNames
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')
}

export function validateAccessModes(modes: readonly string[] | undefined, path: string, errors: FieldErrors): void {
  for (const mode of modes ?? []) if (!supported.includes(mode)) errors.notSupported(path, mode, supported)
  const known = (modes ?? []).filter(mode => supported.includes(mode))
  if (known.includes('ReadWriteOncePod') && known.some(mode => mode !== 'ReadWriteOncePod')) {
    errors.forbidden(path, 'may not use ReadWriteOncePod with other access modes')
  }
}
