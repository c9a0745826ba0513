/** Environment variables of containers and where they come from. */
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  FileKeySelector,
  PodSpec,
  SecretKeySelector,
} from '../../../api/core-v1.gen.ts'
import { configMapKeyFaults, nameIsDnsSubdomain, relaxedEnvVarNameFaults } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { invalidEach, validateDnsLabel, validateNoBacksteps } from '../field-rules.ts'
import { validateFieldSelector, validateResourceFieldSelector, variableFields } from './downward-fields.ts'
import { visitContainers } from './visit-containers.ts'

export function validateEnv(variables: readonly EnvVar[] | undefined, path: string, errors: FieldErrors): void {
  if (!variables) return
  for (const [i, variable] of variables.entries()) {
    const at = `${path}[${i}]`
    if (!variable.name) errors.required(`${at}.name`)
    else invalidEach(relaxedEnvVarNameFaults(variable.name), variable.name, `${at}.name`, errors)
    if (variable.valueFrom) validateValueFrom(variable, `${at}.valueFrom`, errors)
  }
}

function validateValueFrom(variable: EnvVar, path: string, errors: FieldErrors): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = variable.valueFrom ?? {}
  if (fieldRef) validateFieldSelector(fieldRef, variableFields, `${path}.fieldRef`, errors)
  if (resourceFieldRef) validateResourceFieldSelector(resourceFieldRef, false, `${path}.resourceFieldRef`, errors)
  if (configMapKeyRef) validateKeySelector(configMapKeyRef, `${path}.configMapKeyRef`, errors)
  if (secretKeyRef) validateKeySelector(secretKeyRef, `${path}.secretKeyRef`, errors)
  if (fileKeyRef) validateFileKeySelector(fileKeyRef, `${path}.fileKeyRef`, errors)
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length
  if (sources === 0) {
    const choices = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    errors.invalid(path, '', `must specify one of: ${choices}`)
  } else if (variable.value) errors.invalid(path, '', 'may not be specified when `value` is not empty')
  else if (sources > 1) errors.invalid(path, '', 'may not have more than one field specified at a time')
}

function validateKeySelector(
  selector: ConfigMapKeySelector | SecretKeySelector,
  path: string,
  errors: FieldErrors,
): void {
  const name = selector.name ?? ''
  invalidEach(nameIsDnsSubdomain(name, false), name, `${path}.name`, errors)
  if (!selector.key) errors.required(`${path}.key`)
  else invalidEach(configMapKeyFaults(selector.key), selector.key, `${path}.key`, errors)
}

function validateFileKeySelector(selector: FileKeySelector, path: string, errors: FieldErrors): void {
  if (!selector.key) errors.required(`${path}.key`)
  else invalidEach(relaxedEnvVarNameFaults(selector.key), selector.key, `${path}.key`, errors)
  if (!selector.volumeName) errors.required(`${path}.volumeName`)
  else validateDnsLabel(selector.volumeName, `${path}.volumeName`, errors)
  if (!selector.path) errors.required(`${path}.path`)
  else validateNoBacksteps(selector.path, `${path}.path`, errors)
}

export function validateEnvFrom(
  sources: readonly EnvFromSource[] | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (!sources) return
  for (const [i, source] of sources.entries()) {
    const at = `${path}[${i}]`
    if (source.prefix) invalidEach(relaxedEnvVarNameFaults(source.prefix), source.prefix, `${at}.prefix`, errors)
    if (source.configMapRef) validateReferenceName(source.configMapRef.name, `${at}.configMapRef.name`, errors)
    if (source.secretRef) validateReferenceName(source.secretRef.name, `${at}.secretRef.name`, errors)
    if (!source.configMapRef && !source.secretRef) {
      errors.invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')
    } else if (source.configMapRef && source.secretRef) {
      errors.invalid(path, '', 'may not have more than one field specified at a time')
    }
  }
}

function validateReferenceName(name: string | undefined, path: string, errors: FieldErrors): void {
  if (!name) errors.required(path)
  else invalidEach(nameIsDnsSubdomain(name, true), name, path, errors)
}

/** A variable that comes from a file needs a volume that containers can write: an emptyDir (KEP-3721). */
export function validateFileKeyVolumes(spec: PodSpec, path: string, errors: FieldErrors): void {
  visitContainers(spec, path, (container, at) => {
    for (const [i, variable] of (container.env ?? []).entries()) {
      const name = variable.valueFrom?.fileKeyRef?.volumeName
      if (name === undefined) continue
      const volume = (spec.volumes ?? []).findLast(candidate => candidate.name === name)
      const field = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`
      if (!volume) errors.notFound(field, name)
      else if (!volume.emptyDir) errors.invalid(field, name, 'referenced volume must be of type emptyDir')
    }
  })
}
