/**
 * What a certificate shall say. In a client certificate the common name is the user and the organizations are the
 * groups (k8s.io/apiserver/pkg/authentication/request/x509, CommonNameUserConversion).
 */
export interface CertificateRequest {
  readonly commonName: string
  readonly organizations: readonly string[]
  /** `ca` may sign and nothing else. */
  readonly usages: readonly ('ca' | 'server' | 'client')[]
  readonly dnsNames: readonly string[]
  /** IPv4 and IPv6 addresses. */
  readonly addresses: readonly string[]
}

export const authorityLifetimeMs = 10 * 365 * 24 * 3_600_000
export const leafLifetimeMs = 365 * 24 * 3_600_000

/** Certificates are valid from a little before they are made, for peers whose clocks are slow. */
export const backdateMs = 5 * 60_000

/** Lets a certificate be made anew in the last quarter of its life, at most 90 days before its end. */
export function isDue(notBeforeMs: number, notAfterMs: number, nowMs: number): boolean {
  const margin = Math.min((notAfterMs - notBeforeMs) / 4, 90 * 24 * 3_600_000)
  return nowMs >= notAfterMs - margin || nowMs < notBeforeMs
}

export function authorityRequest(commonName: string): CertificateRequest {
  return { commonName, organizations: [], usages: ['ca'], dnsNames: [], addresses: [] }
}

export function clientRequest(commonName: string, organizations: readonly string[] = []): CertificateRequest {
  return { commonName, organizations, usages: ['client'], dnsNames: [], addresses: [] }
}

/** The names under which clients inside and outside the cluster know the API server. */
export function servingRequest(
  serviceAddress: string,
  dnsNames: readonly string[],
  addresses: readonly string[],
): CertificateRequest {
  const inCluster = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ]
  return {
    commonName: 'kube-apiserver',
    organizations: [],
    usages: ['server'],
    dnsNames: [...new Set(['localhost', ...inCluster, ...dnsNames])],
    addresses: [...new Set(['127.0.0.1', '::1', serviceAddress, ...addresses])],
  }
}
