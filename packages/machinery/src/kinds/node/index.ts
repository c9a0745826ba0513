/** The kinds of node.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { runtimeClasses } from './runtime-class.ts'

export const nodeKinds: readonly Kind[] = [runtimeClasses]

export { runtimeClasses }
