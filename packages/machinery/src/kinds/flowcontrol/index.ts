/** The kinds of flowcontrol.apiserver.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { flowSchemas } from './flow-schema.ts'
import { priorityLevelConfigurations } from './priority-level-configuration.ts'

export const flowcontrolKinds: readonly Kind[] = [flowSchemas, priorityLevelConfigurations]

export { flowSchemas, priorityLevelConfigurations }
