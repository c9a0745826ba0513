/**
 * Tokens for pods, from the TokenRequest API, bound to the pod and renewed after 80 % of their life (or 24 h), as
 * pkg/kubelet/token does. One per pod and audience; forgotten with the pod.
 */
import type { TokenRequest } from '@petrel/machinery/api/authentication-v1'
import type { Pod } from '@petrel/machinery/api/core-v1'
import { serviceAccounts } from '@petrel/machinery/kinds'
import type { Clock } from '../../../base/index.ts'
import type { Client } from '../../../client/index.ts'

const maxUseMs = 24 * 3600_000

export class ServiceAccountTokens {
  readonly #client: Client
  readonly #clock: Clock
  readonly #kept = new Map<string, { readonly token: string; readonly renewAt: number }>()

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  async get(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string> {
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {}
    const key = `${uid}/${audience ?? ''}/${expirationSeconds}`
    const now = this.#clock.now()
    const kept = this.#kept.get(key)
    if (kept && now < kept.renewAt) return kept.token
    const account = pod.spec?.serviceAccountName || 'default'
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: audience ? [audience] : [],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    }
    const answer = await this.#client.createSubresource<TokenRequest>(
      serviceAccounts,
      { namespace, name: account },
      'token',
      request,
    )
    const token = answer.status?.token ?? ''
    const life = Date.parse(answer.status?.expirationTimestamp ?? '') - now
    const asked = Math.min(life, expirationSeconds * 1000)
    this.#kept.set(key, { token, renewAt: now + Math.min(maxUseMs, asked * 0.8) })
    return token
  }

  forget(uid: string): void {
    for (const key of this.#kept.keys()) if (key.startsWith(`${uid}/`)) this.#kept.delete(key)
  }
}
