/** The kinds of discovery.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { endpointSlices } from './endpoint-slice.ts'

export const discoveryKinds: readonly Kind[] = [endpointSlices]

export { endpointSlices }
