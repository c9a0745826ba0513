/** node.k8s.io RuntimeClass. */
import type { RuntimeClass } from '../../api/node-v1.gen.ts'
import { defineKind } from '../define-kind.ts'
import { nameTo, textColumn } from '../make-column.ts'

const columns = nameTo<RuntimeClass>(
  textColumn('Handler', 'The configuration of the node that runs such pods.', object => object.handler),
)

export const runtimeClasses = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
  columns,
  strategy: { allowUnconditionalUpdate: false },
  definition: 'io.k8s.api.node.v1.RuntimeClass',
})
