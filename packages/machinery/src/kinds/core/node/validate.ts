/** Rules of nodes: ValidateNode and ValidateNodeUpdate. As upstream, faults of taints are told of metadata. */
import type { Node, Taint } from '../../../api/core-v1.gen.ts'
import { labelValueFaults, legacyCidrFaults } from '../../../names/index.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { invalidEach, validateQualifiedName } from '../field-rules.ts'
import { validateTaintEffect } from '../pod-spec/index.ts'
import { validateResourceAmount } from '../resource-amounts.ts'

export function validateNode(node: Node, errors: FieldErrors): void {
  validateTaints(node.spec?.taints, 'metadata.taints', errors)
  for (const which of ['capacity', 'allocatable'] as const) {
    for (const [name, amount] of Object.entries(node.status?.[which] ?? {})) {
      validateResourceAmount(name, amount, `status.${which}.${name}`, errors)
    }
  }
  const blocks = node.spec?.podCIDRs ?? []
  for (const [i, block] of blocks.entries()) {
    invalidEach(legacyCidrFaults(block), block, `spec.podCIDRs[${i}]`, errors)
  }
  const families = new Set(blocks.map(block => block.includes(':')))
  if (families.size !== blocks.length) {
    errors.invalid('spec.podCIDRs', blocks, 'may specify no more than one CIDR for each IP family')
  }
}

function validateTaints(taints: readonly Taint[] | undefined, path: string, errors: FieldErrors): void {
  const seen = new Set<string>()
  for (const [i, taint] of (taints ?? []).entries()) {
    const at = `${path}[${i}]`
    validateQualifiedName(taint.key ?? '', `${at}.key`, errors)
    const faults = labelValueFaults(taint.value ?? '')
    if (faults.length > 0) errors.invalid(`${at}.value`, taint.value, faults.join(';'))
    validateTaintEffect(taint.effect, false, `${at}.effect`, errors)
    const pair = `${taint.key}:${taint.effect}`
    if (seen.has(pair)) errors.duplicate(at, taint, 'taints must be unique by key and effect pair')
    seen.add(pair)
  }
}

export function validateNodeUpdate(node: Node, old: Node, errors: FieldErrors): void {
  const seen = new Set<string>()
  for (const [i, address] of (node.status?.addresses ?? []).entries()) {
    const key = `${address.type}/${address.address}`
    if (seen.has(key)) errors.duplicate(`status.addresses[${i}]`, address)
    seen.add(key)
  }
  const before = old.spec?.podCIDRs ?? []
  const now = node.spec?.podCIDRs ?? []
  if (before.length > 0 && (before.length !== now.length || before.some((block, i) => block !== now[i]))) {
    errors.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')
  }
  if (old.spec?.providerID && old.spec.providerID !== node.spec?.providerID) {
    errors.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid')
  }
  if ((old.spec?.externalID ?? '') !== (node.spec?.externalID ?? '')) {
    errors.forbidden('spec.externalID', 'may not be updated')
  }
}
