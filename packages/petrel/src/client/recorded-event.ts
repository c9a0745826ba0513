/** An Event as the recorder keeps it. */
import type { Event } from '@petrel/machinery/api/core-v1'

/** core/v1 Event with what is always recorded here. */
export type RecordedEvent = Event & Required<Pick<Event, 'count' | 'reason' | 'message' | 'type'>>
