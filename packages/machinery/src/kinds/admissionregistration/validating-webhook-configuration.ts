/** admissionregistration.k8s.io ValidatingWebhookConfiguration. */
import type { ValidatingWebhookConfiguration } from '../../api/admissionregistration-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, numberColumn } from '../make-column.ts'
import { setWebhookDefaults } from './defaults.ts'

const columns = nameTo<ValidatingWebhookConfiguration>(
  numberColumn('Webhooks', 'How many webhooks are called.', object => object.webhooks?.length),
)

export const validatingWebhookConfigurations = defineKind<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
  categories: ['api-extensions'],
  strategy: { hasGeneration: true, allowUnconditionalUpdate: false },
  columns,
  setDefaults: ({ webhooks }) => webhooks?.forEach(setWebhookDefaults),
  definition: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
})
