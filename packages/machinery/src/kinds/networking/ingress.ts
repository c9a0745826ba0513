/** networking.k8s.io Ingress, after pkg/apis/networking and pkg/registry/networking/ingress. */
import type { HTTPIngressPath, Ingress, IngressRule, IngressSpec, IngressTLS } from '../../api/networking-v1.gen.ts'
import {
  dns1123SubdomainFaults,
  nameIsDnsSubdomain,
  parseIp,
  wildcardDns1123SubdomainFaults,
} from '../../names/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { invalidEach, validateIp } from '../core/index.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'
import { withStatus } from '../with-status.ts'
import { validateBackend } from './ingress-backend.ts'

const classAnnotation = 'kubernetes.io/ingress.class'
const wrongSequences = ['//', '/./', '/../', '%2f', '%2F']
const wrongEndings = ['/..', '/.']
const maxHosts = 3
/** loadBalancerWidth, which `-o wide` lifts. */
const addressWidth = 16

const columns = nameTo<Ingress>(
  textColumn('Class', 'The class that serves it.', ({ spec }) => spec?.ingressClassName ?? '<none>'),
  textColumn('Hosts', 'The hosts that requests are for.', hostsCell),
  textColumn('Address', 'Where requests arrive.', addressCell),
  textColumn('Ports', 'The ports that are open.', ({ spec }) => (spec?.tls?.length ? '80, 443' : '80')),
)

export const ingresses = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  columns,
  strategy: withStatus<NonNullable<Ingress['status']>, Ingress>(
    { loadBalancer: {} },
    {
      validate: ({ spec }, errors) => validateSpec(spec ?? {}, errors),
      validateCreate: ({ metadata, spec }, errors) => {
        const annotated = metadata?.annotations?.[classAnnotation]
        const named = spec?.ingressClassName
        if (annotated === undefined || named === undefined || annotated === named) return
        const rule = 'must match `ingressClassName` when both are specified'
        errors.invalid(`annotations.${classAnnotation}`, annotated, rule)
      },
      warnings: ({ metadata, spec }, old) =>
        !old && metadata?.annotations?.[classAnnotation] !== undefined && spec?.ingressClassName === undefined
          ? [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
          : [],
    },
  ),
  subresources: { status: { validateUpdate: validateStatus } },
  definition: 'io.k8s.api.networking.v1.Ingress',
})

function validateSpec(spec: IngressSpec, errors: FieldErrors): void {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec
  if (rules.length === 0 && !defaultBackend) {
    errors.invalid('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified')
  }
  if (defaultBackend) validateBackend(defaultBackend, 'spec.defaultBackend', errors)
  for (const [i, rule] of rules.entries()) validateRule(rule, `spec.rules[${i}]`, errors)
  for (const [i, entry] of tls.entries()) validateTls(entry, `spec.tls[${i}]`, errors)
  if (ingressClassName !== undefined) {
    invalidEach(nameIsDnsSubdomain(ingressClassName, false), ingressClassName, 'spec.ingressClassName', errors)
  }
}

function validateHost(host: string, path: string, errors: FieldErrors): void {
  const faults = host.includes('*') ? wildcardDns1123SubdomainFaults(host) : dns1123SubdomainFaults(host)
  invalidEach(faults, host, path, errors)
}

function validateRule({ host, http }: IngressRule, path: string, errors: FieldErrors): void {
  if (host) {
    if (parseIp(host, true)) errors.invalid(`${path}.host`, host, 'must be a DNS name, not an IP address')
    validateHost(host, `${path}.host`, errors)
  }
  if (!http) return
  if (!http.paths?.length) errors.required(`${path}.http.paths`)
  for (const [i, entry] of (http.paths ?? []).entries()) validatePath(entry, `${path}.http.paths[${i}]`, errors)
}

function validatePath(entry: HTTPIngressPath, at: string, errors: FieldErrors): void {
  const { path = '', pathType } = entry
  if (pathType === undefined) {
    errors.required(`${at}.pathType`, 'pathType must be specified')
    return
  }
  const isExactOrPrefix = pathType === 'Exact' || pathType === 'Prefix'
  if (!isExactOrPrefix && pathType !== 'ImplementationSpecific') {
    errors.notSupported(`${at}.pathType`, pathType, ['Exact', 'ImplementationSpecific', 'Prefix'])
  } else if (!path.startsWith('/') && (isExactOrPrefix || path !== '')) {
    errors.invalid(`${at}.path`, path, 'must be an absolute path')
  }
  if (isExactOrPrefix) {
    for (const sequence of wrongSequences) {
      if (path.includes(sequence)) errors.invalid(`${at}.path`, path, `must not contain '${sequence}'`)
    }
    for (const ending of wrongEndings) {
      if (path.endsWith(ending)) errors.invalid(`${at}.path`, path, `cannot end with '${ending}'`)
    }
  }
  validateBackend(entry.backend ?? {}, `${at}.backend`, errors)
}

function validateTls({ hosts = [], secretName }: IngressTLS, path: string, errors: FieldErrors): void {
  for (const [i, host] of hosts.entries()) validateHost(host, `${path}.hosts[${i}]`, errors)
  if (secretName) invalidEach(nameIsDnsSubdomain(secretName, false), secretName, `${path}.secretName`, errors)
}

function validateStatus({ status }: Ingress, old: Ingress, errors: FieldErrors): void {
  const before = old.status?.loadBalancer?.ingress?.map(entry => entry.ip ?? '') ?? []
  for (const [i, { ip, hostname }] of (status?.loadBalancer?.ingress ?? []).entries()) {
    const path = `status.loadBalancer.ingress[${i}]`
    if (ip) validateIp(ip, `${path}.ip`, errors, before)
    if (!hostname) continue
    invalidEach(dns1123SubdomainFaults(hostname), hostname, `${path}.hostname`, errors)
    if (parseIp(hostname, true)) {
      errors.invalid(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address')
    }
  }
}

function hostsCell({ spec }: Ingress): string {
  const hosts = (spec?.rules ?? []).map(rule => rule.host ?? '').filter(host => host !== '')
  if (hosts.length === 0) return '*'
  const shown = hosts.slice(0, maxHosts).join(',')
  return hosts.length > maxHosts ? `${shown} + ${hosts.length - maxHosts} more...` : shown
}

function addressCell({ status }: Ingress): string {
  const entries = status?.loadBalancer?.ingress ?? []
  const all = [...new Set(entries.map(({ ip, hostname }) => ip || hostname || '').filter(one => one !== ''))]
  const text = all.sort().join(',')
  return text.length > addressWidth ? `${text.slice(0, addressWidth - 3)}...` : text
}
