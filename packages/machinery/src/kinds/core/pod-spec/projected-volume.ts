/** Projected volumes: several sources in one directory, no file twice. */
import type {
  ClusterTrustBundleProjection,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateFileMode, validateNonReservedPath } from '../field-rules.ts'
import { validateDownwardFile, validateKeysToPaths } from './volume-files.ts'

export function validateProjectedVolume(volume: ProjectedVolumeSource, path: string, errors: FieldErrors): void {
  validateFileMode(volume.defaultMode, `${path}.defaultMode`, errors)
  const taken = new Set<string>()
  const take = (file: string | undefined, blamed: string): void => {
    if (!file) return
    if (taken.has(file)) errors.invalid(path, blamed, 'conflicting duplicate paths')
    taken.add(file)
  }
  for (const [i, source] of (volume.sources ?? []).entries()) {
    const at = `${path}.sources[${i}]`
    validateKeyed(source, at, take, errors)
    for (const file of source.downwardAPI?.items ?? []) {
      validateDownwardFile(file, `${at}.downwardAPI`, errors)
      take(file.path, file.path)
    }
    if (source.serviceAccountToken) validateToken(source.serviceAccountToken, at, path, errors)
    if (source.clusterTrustBundle) {
      validateTrustBundle(source.clusterTrustBundle, `${at}.clusterTrustBundle`, errors)
      take(source.clusterTrustBundle.path, source.clusterTrustBundle.path)
    }
    if (source.podCertificate) validateCertificate(source.podCertificate, `${at}.podCertificate`, take, errors)
    const kinds = Object.values(source).filter(Boolean).length
    if (kinds > 1) errors.forbidden(at, 'may not specify more than 1 volume type per source')
  }
}

type Take = (file: string | undefined, blamed: string) => void

function validateKeyed(source: VolumeProjection, path: string, take: Take, errors: FieldErrors): void {
  for (const kind of ['secret', 'configMap'] as const) {
    const given = source[kind]
    if (!given) continue
    if (!given.name) errors.required(`${path}.${kind}.name`)
    validateKeysToPaths(given.items, `${path}.${kind}.items`, errors)
    for (const item of given.items ?? []) take(item.path, given.name ?? '')
  }
}

/** Upstream tells faults of the token's path of the volume, those of its life of the source. */
function validateToken(
  token: ServiceAccountTokenProjection,
  sourcePath: string,
  volumePath: string,
  errors: FieldErrors,
): void {
  const seconds = token.expirationSeconds ?? 0
  const field = `${sourcePath}.serviceAccountToken.expirationSeconds`
  if (seconds < 600) errors.invalid(field, seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > 2 ** 32) errors.invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')
  if (!token.path) errors.required(`${volumePath}.path`)
  else validateNonReservedPath(token.path, `${volumePath}.path`, errors)
}

function validateTrustBundle(bundle: ClusterTrustBundleProjection, path: string, errors: FieldErrors): void {
  if (bundle.name !== undefined && bundle.signerName !== undefined) {
    errors.invalid(path, bundle, 'only one of name and signerName may be used')
  } else if (bundle.name !== undefined) {
    if (bundle.name === '') errors.required(`${path}.name`, 'must be a valid object name')
    if (bundle.labelSelector) {
      const rule = 'labelSelector must be unset if name is specified'
      errors.invalid(`${path}.labelSelector`, bundle.labelSelector, rule)
    }
  } else if (bundle.signerName !== undefined) {
    if (bundle.signerName === '') errors.required(`${path}.signerName`, 'must be a valid signer name')
  } else errors.required(path, 'either name or signerName must be specified')
  if (!bundle.path) errors.required(`${path}.path`)
  validateNonReservedPath(bundle.path, `${path}.path`, errors)
}

const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519']

function validateCertificate(
  certificate: PodCertificateProjection,
  path: string,
  take: Take,
  errors: FieldErrors,
): void {
  if (!keyTypes.includes(certificate.keyType)) errors.notSupported(`${path}.keyType`, certificate.keyType, keyTypes)
  const seconds = certificate.maxExpirationSeconds
  if (seconds !== undefined && seconds < 3600) {
    errors.invalid(`${path}.maxExpirationSeconds`, seconds, 'if provided, maxExpirationSeconds must be >= 3600')
  }
  const files = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const
  for (const field of files) {
    const file = certificate[field]
    if (!file) continue
    validateNonReservedPath(file, `${path}.${field}`, errors)
    take(file, file)
  }
  if (files.every(field => !certificate[field])) {
    errors.required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath')
  }
}
