/** core/v1 ServiceAccount. */
import type { ServiceAccount } from '../../api/core-v1.gen.ts'
import { ageColumn, nameColumn } from '../../table/index.ts'
import { defineKind } from '../define-kind.ts'
import type { Kind } from '../kind.ts'

const mountableSecrets = 'kubernetes.io/enforce-mountable-secrets'

export const serviceAccounts: Kind<ServiceAccount> = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  columns: [nameColumn, ageColumn],
  subresources: {
    others: { token: { kind: 'TokenRequest', groupVersion: 'authentication.k8s.io/v1', verbs: ['create'] } },
  },
  strategy: {
    prepareForCreate: keepSecretNames,
    prepareForUpdate: keepSecretNames,
    warnings(account, old) {
      const has = (candidate: ServiceAccount | undefined): boolean =>
        candidate?.metadata?.annotations?.[mountableSecrets] !== undefined
      if (!has(account) || has(old)) return []
      const advice = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets'
      return [`metadata.annotations[${mountableSecrets}]: ${advice}`]
    },
  },
  definition: 'io.k8s.api.core.v1.ServiceAccount',
})

/** A reference to a secret is its name; it is always in the same namespace. */
function keepSecretNames(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }))
}
