/**
 * The small rules that the core kinds put together: a value, its path, and where faults go. Messages are those of
 * pkg/apis/core/validation.
 */
import {
  dns1123LabelFaults,
  dns1123SubdomainFaults,
  inclusiveRange,
  legacyCidrFaults,
  legacyIpFaults,
  mustBeNonNegative,
  portNameFaults,
  portNumberFaults,
  qualifiedNameFaults,
} from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'

/** A port: a number, or the name of one. */
export type IntOrString = number | string

/** One fault a message. */
export function invalidEach(faults: readonly string[], value: unknown, path: string, errors: FieldErrors): void {
  for (const fault of faults) errors.invalid(path, value, fault)
}

export function validateDnsLabel(value: string, path: string, errors: FieldErrors): void {
  invalidEach(dns1123LabelFaults(value), value, path, errors)
}

export function validateDnsSubdomain(value: string, path: string, errors: FieldErrors): void {
  invalidEach(dns1123SubdomainFaults(value), value, path, errors)
}

export function validateQualifiedName(value: string, path: string, errors: FieldErrors): void {
  invalidEach(qualifiedNameFaults(value), value, path, errors)
}

export function validateNonNegativeField(value: number | undefined, path: string, errors: FieldErrors): void {
  if (value !== undefined && value < 0) errors.invalid(path, value, mustBeNonNegative)
}

export function validatePortNumber(value: number, path: string, errors: FieldErrors): void {
  invalidEach(portNumberFaults(value), value, path, errors)
}

export function validatePortNumberOrName(port: IntOrString | undefined, path: string, errors: FieldErrors): void {
  if (typeof port === 'string') invalidEach(portNameFaults(port), port, path, errors)
  else validatePortNumber(port ?? 0, path, errors)
}

/** User and group ids. */
export function validateId(value: number | undefined, path: string, errors: FieldErrors): void {
  const max = 2147483647
  if (value !== undefined && (value < 0 || value > max)) errors.invalid(path, value, inclusiveRange(0, max))
}

/** An address; one that the object had before is kept whatever it looks like. */
export function validateIp(value: string, path: string, errors: FieldErrors, before: readonly string[] = []): void {
  if (!before.includes(value)) invalidEach(legacyIpFaults(value), value, path, errors)
}

export function validateCidr(value: string, path: string, errors: FieldErrors, before: readonly string[] = []): void {
  if (!before.includes(value)) invalidEach(legacyCidrFaults(value), value, path, errors)
}

/** Absent is a fault, and so is what the list does not have. */
export function validateChoice(
  value: string | undefined,
  supported: readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  if (value === undefined || value === '') errors.required(path)
  else if (!supported.includes(value)) errors.notSupported(path, value, supported)
}

/** Absent is fine. */
export function validateOptionalChoice(
  value: string | undefined,
  supported: readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  if (value !== undefined && !supported.includes(value)) errors.notSupported(path, value, supported)
}

export const protocols = ['SCTP', 'TCP', 'UDP'] as const

/** A path inside something: relative, and never out of it. */
export function validateDescendingPath(value: string | undefined, path: string, errors: FieldErrors): void {
  if (value === undefined) return
  if (value.startsWith('/')) errors.invalid(path, value, 'must be a relative path')
  validateNoBacksteps(value, path, errors)
}

export function validateNoBacksteps(value: string, path: string, errors: FieldErrors): void {
  if (value.split('/').includes('..')) errors.invalid(path, value, "must not contain '..'")
}

/** As a file in a volume that the node writes: names that start with `..` are the node's own. */
export function validateNonReservedPath(value: string | undefined, path: string, errors: FieldErrors): void {
  validateDescendingPath(value, path, errors)
  if (value?.startsWith('..') && value !== '..' && !value.startsWith('../')) {
    errors.invalid(path, value, "must not start with '..'")
  }
}

export function validateFileMode(mode: number | undefined, path: string, errors: FieldErrors): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) {
    errors.invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')
  }
}
