/** Every active namespace has a ServiceAccount `default` (pkg/controller/serviceaccount/serviceaccounts_controller.go). */
import { namespaces, serviceAccounts } from '@petrel/machinery/kinds'
import { isStatus } from '@petrel/machinery/status'
import { type Controller, defineController, watch } from '../define-controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'

/** Keys are names of namespaces. */
export function serviceAccountController(names: readonly string[] = ['default']): Controller {
  return defineController({
    name: 'serviceaccount',
    watches: [
      watch(namespaces, { when: change => change.type !== 'delete' }),
      watch(serviceAccounts, {
        keys: account => [account.metadata?.namespace ?? ''],
        when: change => change.type === 'delete' && names.includes(change.object.metadata?.name ?? ''),
      }),
    ],
    async reconcile(namespace, context) {
      const phase = context.informer(namespaces).get({ name: namespace })?.status?.phase
      // A namespace that is on its way out, or that we have not seen yet: its own event will come.
      if (phase !== 'Active') return undefined
      for (const name of names) {
        if (context.informer(serviceAccounts).get({ namespace, name })) continue
        try {
          await context.client.create(serviceAccounts, { metadata: { namespace, name } })
        } catch (error) {
          if (!isStatus(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error
        }
      }
      return undefined
    },
  })
}
