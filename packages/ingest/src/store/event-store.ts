import type { Observation } from "../status/observation.ts";
import type { DeviceRecord } from "./device-store.ts";
import type { UnmappedWord } from "./mapping-store.ts";

/** A vendor's word that the default tables do not know. */
export type UnknownWord = Pick<UnmappedWord, "kind" | "word">;

/** What an event does, beside being kept. */
export type EventEffect =
  | { readonly kind: "status"; readonly deviceId: string; readonly observation: Observation }
  /** A device was added or updated: its record is now this, unless something later is known of it. */
  | { readonly kind: "record"; readonly record: DeviceRecord; readonly observation: Observation | null }
  /** A device is gone, unless something later is known of it. */
  | { readonly kind: "removed"; readonly deviceId: string; readonly at: string };

/** An event that was verified and validated, ready to be stored. */
export interface AcceptedEvent {
  readonly integrationId: string;
  /** What it is known again by within its integration: of its `source` and `id`, by `eventKey`. */
  readonly key: string;
  readonly eventId: string;
  /** Whom it is about: what it is bound by. */
  readonly orgId: string;
  readonly siteId: string;
  /** The event's JSON as it was signed. */
  readonly body: string;
  readonly receivedAt: string;
  /** Whether it was posted; else it was fetched, which tells nothing of whether webhooks come. */
  readonly byWebhook: boolean;
  /** The vendor's words in it that the default tables do not know. */
  readonly unknownWords: readonly UnknownWord[];
  readonly effect: EventEffect | null;
}

/** What became of an event. All three are durable, and answered alike. */
export type EventOutcome = "stored" | "quarantined" | "duplicate";

/** What became of a batch. */
export interface Committed {
  readonly outcomes: readonly EventOutcome[];
  /** How many observations came too late to say anything new of a device's status. */
  readonly late: number;
}

/** An event that is stored. */
export interface StoredEvent {
  /** Position in the order of arrival. */
  readonly sequence: number;
  readonly integrationId: string;
  /** `null` while it is quarantined. */
  readonly customerId: string | null;
  readonly receivedAt: string;
  /** The event's JSON as it was signed. */
  readonly body: string;
}

export interface EventQuery {
  readonly integrationId: string | null;
  readonly customerId: string | null;
  /** `true` for the quarantined ones alone, `false` for the others. */
  readonly quarantined: boolean;
  /** Continue after this sequence. */
  readonly after: number;
  readonly limit: number;
}

export interface EventStore {
  /**
   * Stores events unless they are known, each with its effect, as one.
   *
   * Within a batch and between processes, of two events with one key one is stored. A device's status is raised only by
   * a later observation. A device first met in an event exists from then on. Each event that is new and bound is among
   * the changes, and each status it changed.
   *
   * @returns what became of each, in the order given
   */
  commit(events: readonly AcceptedEvent[]): Promise<Committed>;
  /** In the order of arrival. */
  list(query: EventQuery): Promise<readonly StoredEvent[]>;
}
