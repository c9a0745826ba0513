/** References from variables and files to the pod's own fields and resources (the downward API). */
import type { ObjectFieldSelector, ResourceFieldSelector } from '../../../api/core-v1.gen.ts'
import { isZero } from '../../../quantity/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateQualifiedName } from '../field-rules.ts'
import { printQuantity, readQuantity } from '../resource-amounts.ts'

/** Fields of a pod that may be named at all (podshelper.ConvertDownwardAPIFieldLabel). */
const podFields: ReadonlySet<string> = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
])

/** Fields that a variable can take. */
export const variableFields: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

/** Fields that a file can take. */
export const fileFields: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]

const resources = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]
const byteUnits = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']

export function validateFieldSelector(
  selector: ObjectFieldSelector,
  allowed: readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  if (!selector.apiVersion) {
    errors.required(`${path}.apiVersion`)
    return
  }
  if (!selector.fieldPath) {
    errors.required(`${path}.fieldPath`)
    return
  }
  const { fieldPath } = selector
  const wrong = (why: string): void =>
    errors.invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${why}`)
  if (selector.apiVersion !== 'v1') {
    wrong(`unsupported pod version: ${selector.apiVersion}`)
    return
  }
  const subscripted = /^(.*?)\['(.*)'\]$/.exec(fieldPath)
  if (subscripted) {
    const [, field = '', key = ''] = subscripted
    if (field === 'metadata.annotations') validateQualifiedName(key.toLowerCase(), path, errors)
    else if (field === 'metadata.labels') validateQualifiedName(key, path, errors)
    else wrong(`field label does not support subscript: ${fieldPath}`)
    return
  }
  const field = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath
  if (!podFields.has(field)) wrong(`field label not supported: ${fieldPath}`)
  else if (!allowed.includes(field)) errors.notSupported(`${path}.fieldPath`, field, allowed)
}

/** `inVolume`: a file belongs to no container, so that one must be named. */
export function validateResourceFieldSelector(
  selector: ResourceFieldSelector,
  inVolume: boolean,
  path: string,
  errors: FieldErrors,
): void {
  const { resource } = selector
  const isHugePages = resource?.startsWith('requests.hugepages-') || resource?.startsWith('limits.hugepages-')
  if (inVolume && !selector.containerName) errors.required(`${path}.containerName`)
  else if (!resource) errors.required(`${path}.resource`)
  else if (!resources.includes(resource) && !isHugePages) errors.notSupported(`${path}.resource`, resource, resources)
  validateDivisor(resource ?? '', selector.divisor, `${path}.divisor`, errors)
}

function validateDivisor(resource: string, divisor: unknown, path: string, errors: FieldErrors): void {
  const amount = readQuantity(divisor)
  if (!amount || isZero(amount)) return
  const kind = resource.slice(resource.indexOf('.') + 1)
  if (kind === 'cpu') {
    if (!['1m', '1'].includes(printQuantity(amount))) {
      errors.invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")
    }
    return
  }
  const what = kind === 'ephemeral-storage' ? 'local ephemeral storage' : kind === 'memory' ? kind : 'hugepages'
  if (!byteUnits.includes(printQuantity(amount))) {
    errors.invalid(
      path,
      resource,
      `only divisor's values ${byteUnits.join(', ')} are supported with the ${what} resource`,
    )
  }
}
