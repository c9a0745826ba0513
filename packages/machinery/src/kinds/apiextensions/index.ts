/** The kinds of apiextensions.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { customResourceDefinitions } from './custom-resource-definition.ts'

export const apiextensionsKinds: readonly Kind[] = [customResourceDefinitions]

export { customResourceDefinitions }
