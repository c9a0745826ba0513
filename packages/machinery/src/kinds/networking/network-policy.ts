/** networking.k8s.io NetworkPolicy, after pkg/apis/networking. */
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../api/networking-v1.gen.ts'
import { cidrContains, legacyCidrFaults, parseCidr, portNameFaults, portNumberFaults } from '../../names/index.ts'
import { formatLabelSelector, validateLabelSelector } from '../../selectors/index.ts'
import type { FieldErrors } from '../../status/index.ts'
import { invalidEach, validateOptionalChoice } from '../core/index.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'

/** In upstream's order. */
const protocols = ['TCP', 'UDP', 'SCTP']
const policyTypes = ['Ingress', 'Egress']

export const networkPolicies = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  columns: nameTo<NetworkPolicy>(
    textColumn('Pod-Selector', 'The pods it is for.', ({ spec }) => formatLabelSelector(spec?.podSelector ?? {})),
  ),
  setDefaults: ({ spec }) => {
    if (!spec) return
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
    }
    if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? [...policyTypes] : ['Ingress']
  },
  strategy: {
    hasGeneration: true,
    validate: ({ spec }, errors) => validateSpec(spec ?? {}, errors),
  },
  definition: 'io.k8s.api.networking.v1.NetworkPolicy',
})

function validateSpec(spec: NetworkPolicySpec, errors: FieldErrors): void {
  validateLabelSelector(spec.podSelector, 'spec.podSelector', errors)
  for (const [i, { ports = [], from = [] }] of (spec.ingress ?? []).entries()) {
    validateRule(ports, from, `spec.ingress[${i}]`, 'from', errors)
  }
  for (const [i, { ports = [], to = [] }] of (spec.egress ?? []).entries()) {
    validateRule(ports, to, `spec.egress[${i}]`, 'to', errors)
  }
  const types = spec.policyTypes ?? []
  if (types.length > policyTypes.length) {
    errors.invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')
    return
  }
  for (const [i, type] of types.entries()) {
    if (!policyTypes.includes(type)) errors.notSupported(`spec.policyTypes[${i}]`, type, policyTypes)
  }
}

function validateRule(
  ports: readonly NetworkPolicyPort[],
  peers: readonly NetworkPolicyPeer[],
  path: string,
  side: 'from' | 'to',
  errors: FieldErrors,
): void {
  for (const [i, port] of ports.entries()) validatePort(port, `${path}.ports[${i}]`, errors)
  for (const [i, peer] of peers.entries()) validatePeer(peer, `${path}.${side}[${i}]`, errors)
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: string, errors: FieldErrors): void {
  validateOptionalChoice(protocol, protocols, `${path}.protocol`, errors)
  if (typeof port === 'number') {
    invalidEach(portNumberFaults(port), port, `${path}.port`, errors)
    if (endPort === undefined) return
    if (endPort < port) errors.invalid(`${path}.endPort`, port, 'must be greater than or equal to `port`')
    invalidEach(portNumberFaults(endPort), endPort, `${path}.endPort`, errors)
    return
  }
  if (endPort !== undefined) {
    const why = port === undefined ? 'is not specified' : 'is non-numeric'
    errors.invalid(`${path}.endPort`, endPort, `may not be specified when \`port\` ${why}`)
  }
  if (port !== undefined) invalidEach(portNameFaults(port), port, `${path}.port`, errors)
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  path: string,
  errors: FieldErrors,
): void {
  validateLabelSelector(podSelector, `${path}.podSelector`, errors)
  validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`, errors)
  if (ipBlock) validateBlock(ipBlock, `${path}.ipBlock`, errors)
  if (!podSelector && !namespaceSelector && !ipBlock) errors.required(path, 'must specify a peer')
  else if (ipBlock && (podSelector || namespaceSelector)) {
    errors.forbidden(path, 'may not specify both ipBlock and another peer')
  }
}

function validateBlock({ cidr, except = [] }: IPBlock, path: string, errors: FieldErrors): void {
  if (!cidr) {
    errors.required(`${path}.cidr`)
    return
  }
  invalidEach(legacyCidrFaults(cidr), cidr, `${path}.cidr`, errors)
  const block = parseCidr(cidr, true)
  if (!block) return
  for (const [i, text] of except.entries()) {
    const at = `${path}.except[${i}]`
    invalidEach(legacyCidrFaults(text), text, at, errors)
    const hole = parseCidr(text, true)
    if (hole && (!cidrContains(block, hole.ip) || block.length >= hole.length)) {
      errors.invalid(at, text, 'must be a strict subset of `cidr`')
    }
  }
}
