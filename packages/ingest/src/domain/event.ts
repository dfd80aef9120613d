import type { DeviceRecord } from "./device.ts";
import type { UnmappedWord } from "./mapping.ts";
import type { Observation } from "./observation.ts";

/** A vendor term that is not in the default mapping. */
export type UnknownWord = Pick<UnmappedWord, "kind" | "word">;

/** How an event changes the device it concerns. */
export type EventEffect =
  | { readonly kind: "status"; readonly deviceId: string; readonly observation: Observation }
  /** The device was added or updated. The event has no effect if a later record is known. */
  | { readonly kind: "record"; readonly record: DeviceRecord; readonly observation: Observation | null }
  /** The device was removed. The event has no effect if a later record is known. */
  | { readonly kind: "removed"; readonly deviceId: string; readonly at: string };

/** A verified and validated event, ready to be stored. */
export interface AcceptedEvent {
  readonly integrationId: string;
  /** Identifies the event within its integration: a hash of `source` and `id`. */
  readonly key: string;
  readonly eventId: string;
  readonly orgId: string;
  readonly siteId: string;
  /** The event's JSON, exactly as it was signed. */
  readonly body: string;
  readonly receivedAt: string;
  /** `false` for a fetched event (backfill), which does not prove that webhooks arrive. */
  readonly byWebhook: boolean;
  /** The event's vendor terms that are not in the default mapping. */
  readonly unknownWords: readonly UnknownWord[];
  readonly effect: EventEffect | null;
}

/** The result of storing an event. All three outcomes are durable and acknowledged. */
export type EventOutcome = "stored" | "quarantined" | "duplicate";

/** The result of committing a batch of events. */
export interface Committed {
  /** One outcome per event, in the order of the events. */
  readonly outcomes: readonly EventOutcome[];
  /** How many status events were older than the status that was already known. */
  readonly late: number;
}

/**
 * Combines the outcomes of new events with `duplicate` for the other events of a batch.
 *
 * @param isNew whether each event of the batch is new
 * @param outcomesOfNew the outcomes of the new events, in order
 */
export function mergeOutcomes(
  isNew: readonly boolean[],
  outcomesOfNew: readonly EventOutcome[],
): readonly EventOutcome[] {
  const outcomes = outcomesOfNew.values();
  return isNew.map((each) => (each ? (outcomes.next().value ?? "stored") : "duplicate"));
}
