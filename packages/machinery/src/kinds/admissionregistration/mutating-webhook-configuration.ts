/** admissionregistration.k8s.io MutatingWebhookConfiguration. */
import type { MutatingWebhookConfiguration } from '../../api/admissionregistration-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, numberColumn } from '../make-column.ts'
import { setWebhookDefaults } from './defaults.ts'

const columns = nameTo<MutatingWebhookConfiguration>(
  numberColumn('Webhooks', 'How many webhooks are called.', object => object.webhooks?.length),
)

export const mutatingWebhookConfigurations = defineKind<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  namespaced: false,
  categories: ['api-extensions'],
  strategy: { hasGeneration: true, allowUnconditionalUpdate: false },
  columns,
  setDefaults: ({ webhooks }) => {
    for (const webhook of webhooks ?? []) {
      setWebhookDefaults(webhook)
      webhook.reinvocationPolicy ??= 'Never'
    }
  },
  definition: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
})
