import type { AcceptedEvent } from "../store/event-store.ts";
import type { ChangeDraft } from "./changes-between.ts";
import type { Place } from "./place.ts";

/** An event and where it is kept; `null` for the quarantine. */
export interface PlacedEvent {
  readonly event: AcceptedEvent;
  readonly place: Place | null;
  readonly deviceId: string | null;
}

/** Something that takes a position. */
export type FeedItem =
  | { readonly kind: "event"; readonly placed: PlacedEvent }
  | { readonly kind: "change"; readonly change: ChangeDraft };

/** Changes, each as what takes a position. */
export const told = (changes: readonly ChangeDraft[]): readonly FeedItem[] =>
  changes.map((change) => ({ kind: "change", change }));
