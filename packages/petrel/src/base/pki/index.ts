export type { CertificateRequest } from './certificate-request.ts'
export type { Identity } from './identity.ts'
export { type KubeconfigOptions, kubeconfig } from './kubeconfig.ts'
export { type IdentityName, openPki, type Pki, type PkiOptions } from './pki.ts'
