import type { Change } from "./change-store.ts";

/** What the feed says of an event: the event stands in it as it was signed, for its numbers would be rounded otherwise. */
export const eventData = (sequence: number, body: string): string =>
  `{"event_sequence":${sequence},"event":${body}}`;

/** An event as either store reads it for the feed. */
export interface EventOfFeed extends Omit<Change, "kind" | "changed_at" | "data"> {
  readonly received_at: string;
  readonly body: string;
}

const changeOf = ({ received_at, body, ...event }: EventOfFeed): Change => ({
  ...event,
  kind: "event",
  changed_at: received_at,
  data: eventData(event.sequence, body),
});

/** The two halves of the feed, each in order and up to `limit`, as one. */
export const mergeFeed = (
  events: readonly EventOfFeed[],
  changes: readonly Change[],
  limit: number,
): readonly Change[] =>
  [...events.map(changeOf), ...changes].sort((a, b) => a.sequence - b.sequence).slice(0, limit);
