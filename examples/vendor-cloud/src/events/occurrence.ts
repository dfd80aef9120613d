import { randomUUID } from "node:crypto";
import { type EventId, eventIdSchema } from "@convergint/schemas";

/** The identity of an event. */
export interface Occurrence {
  /** The same in every retry. */
  readonly id: EventId;
  /** When it happened (RFC 3339), not when it is sent. */
  readonly time: string;
}

/** Creates an occurrence at a time. */
export function newOccurrence(moment: Date): Occurrence {
  return { id: eventIdSchema.parse(randomUUID()), time: moment.toISOString() };
}
