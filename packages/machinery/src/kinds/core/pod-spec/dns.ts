/** Names and name resolution of a pod: dnsPolicy, dnsConfig, hostAliases, hostname. */
import type { PodSpec } from '../../../api/core-v1.gen.ts'
import type { FieldErrors } from '../../../status/index.ts'
import { validateChoice, validateDnsLabel, validateDnsSubdomain, validateIp } from '../field-rules.ts'

const policies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const maxNameservers = 3
const maxSearchPaths = 32
const maxSearchListChars = 2048

export function validateDns(spec: PodSpec, path: string, errors: FieldErrors): void {
  const { dnsConfig: config } = spec
  const at = `${path}.dnsConfig`
  if (spec.dnsPolicy === 'None') {
    if (!config) {
      errors.required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')
      return
    }
    if (!config.nameservers?.length) {
      const rule = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
      errors.required(`${at}.nameservers`, rule)
      return
    }
  }
  if (!config) return
  const { nameservers = [], searches = [], options = [] } = config
  if (nameservers.length > maxNameservers) {
    errors.invalid(`${at}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`)
  }
  for (const [i, server] of nameservers.entries()) validateIp(server, `${at}.nameservers[${i}]`, errors)
  if (searches.length > maxSearchPaths) {
    errors.invalid(`${at}.searches`, searches, `must not have more than ${maxSearchPaths} search paths`)
  }
  if (searches.join(' ').length > maxSearchListChars) {
    const rule = `must not have more than ${maxSearchListChars} characters (including spaces) in the search list`
    errors.invalid(`${at}.searches`, searches, rule)
  }
  for (const [i, search] of searches.entries()) {
    // RelaxedDNSSearchValidation: a single dot, and underscores within labels.
    if (search === '.') continue
    const name = search.replace(/\.$/, '')
    if (!/^[a-z0-9_]([-_a-z0-9]*[a-z0-9])?(\.[a-z0-9_]([-_a-z0-9]*[a-z0-9])?)*$/.test(name) || name.length > 253) {
      validateDnsSubdomain(name, `${at}.searches[${i}]`, errors)
    }
  }
  for (const [i, option] of options.entries()) {
    if (!option.name) errors.required(`${at}.options[${i}]`, 'must not be empty')
  }
}

export function validateDnsPolicy(policy: string | undefined, path: string, errors: FieldErrors): void {
  validateChoice(policy, policies, path, errors)
}

export function validateHostnames(spec: PodSpec, path: string, errors: FieldErrors): void {
  if (spec.hostname) validateDnsLabel(spec.hostname, `${path}.hostname`, errors)
  if (spec.subdomain) validateDnsLabel(spec.subdomain, `${path}.subdomain`, errors)
  for (const [i, alias] of (spec.hostAliases ?? []).entries()) {
    validateIp(alias.ip ?? '', `${path}.hostAliases[${i}].ip`, errors)
    for (const [j, name] of (alias.hostnames ?? []).entries()) {
      validateDnsSubdomain(name, `${path}.hostAliases[${i}].hostnames[${j}]`, errors)
    }
  }
}

/** hostnameOverride (KEP-4762). */
export function validateHostnameOverride(spec: PodSpec, path: string, errors: FieldErrors): void {
  const override = spec.hostnameOverride
  if (override === undefined) return
  const at = `${path}.hostnameOverride`
  if (spec.setHostnameAsFQDN) errors.forbidden(at, 'may not be specified when setHostnameAsFQDN is true')
  if (spec.hostNetwork) errors.forbidden(at, 'may not be specified when hostNetwork is true')
  if (override.length > 64) errors.tooLong(at, 64)
  validateDnsSubdomain(override, at, errors)
}
