import { randomUUID } from "node:crypto";
import { type EventId, eventIdSchema } from "@convergint/schemas";

/** What tells one event from another. */
export interface Occurrence {
  /** Made once, kept through every retry. */
  readonly id: EventId;
  /** When it happened, RFC 3339; not when it is sent. */
  readonly time: string;
}

/** Something happened, at this moment. */
export function newOccurrence(moment: Date): Occurrence {
  return { id: eventIdSchema.parse(randomUUID()), time: moment.toISOString() };
}
