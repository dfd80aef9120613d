import type { Place } from "./binding.ts";
import type { Change, ChangeDraft } from "./change.ts";
import type { AcceptedEvent } from "./event.ts";

/** An event and the place that it is stored for. */
export interface PlacedEvent {
  readonly event: AcceptedEvent;
  /** The customer's site for the event; `null` puts the event in quarantine. */
  readonly place: Place | null;
  readonly deviceId: string | null;
}

/** Anything that takes a position in the feed. */
export type FeedItem =
  | { readonly kind: "event"; readonly placed: PlacedEvent }
  | { readonly kind: "change"; readonly change: ChangeDraft };

export const toFeedItems = (changes: readonly ChangeDraft[]): readonly FeedItem[] =>
  changes.map((change) => ({ kind: "change", change }));

/**
 * Builds the `data` of an event in the feed. The body is not parsed, because re-serializing it would round
 * its numbers.
 */
export const formatEventData = (sequence: number, body: string): string =>
  `{"event_sequence":${sequence},"event":${body}}`;

/** A stored event, as a store reads it for the feed. */
export interface FeedEvent extends Omit<Change, "kind" | "changed_at" | "data"> {
  readonly received_at: string;
  readonly body: string;
}

const toChange = ({ received_at, body, ...event }: FeedEvent): Change => ({
  ...event,
  kind: "event",
  changed_at: received_at,
  data: formatEventData(event.sequence, body),
});

/**
 * Merges stored events and changes by position. Each list must be sorted and contain at most `limit` items.
 */
export const mergeFeed = (
  events: readonly FeedEvent[],
  changes: readonly Change[],
  limit: number,
): readonly Change[] =>
  [...events.map(toChange), ...changes].sort((a, b) => a.sequence - b.sequence).slice(0, limit);
