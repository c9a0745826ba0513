/** The kinds of events.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { eventsV1 } from './event.ts'

export const eventsKinds: readonly Kind[] = [eventsV1]

export { eventsV1 }
