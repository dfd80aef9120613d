/** What changed for a customer. */
export type ChangeKind =
  | "device_added"
  | "device_updated"
  | "device_moved"
  | "device_removed"
  | "device_status"
  | "event";

/** One change, as those downstream read it. */
export interface Change {
  /** Position; a greater one was committed later, and none appears below one that was read. */
  readonly sequence: number;
  readonly kind: ChangeKind;
  readonly integration_id: string;
  readonly customer_id: string;
  readonly customer_site_id: string;
  /** `null` for an event that is about no device. */
  readonly device_id: string | null;
  readonly changed_at: string;
  /**
   * `device_status`: `{ status, vendor_status, reason, observed_at, known_by, last_seen_at, previous_status }`.
   * `device_added`, `device_updated`, `device_moved`: the device as it is now, with its status (`device_moved` also
   * `previous_site_id`). `device_removed`: `{}`. `event`: `{ event_sequence, event }`, the event as JSON text that is the
   * vendor's own.
   */
  readonly data: string;
}

export interface ChangeQuery {
  readonly customerId: string | null;
  readonly integrationId: string | null;
  readonly after: number;
  readonly limit: number;
}

/** The ordered feed of everything that changed for customers. From its beginning, every status can be rebuilt. */
export interface ChangeStore {
  read(query: ChangeQuery): Promise<readonly Change[]>;
  /** A device's changes of status, the newest first. */
  history(
    integrationId: string,
    deviceId: string,
    before: number | null,
    limit: number,
  ): Promise<readonly Change[]>;
  /** The last position there is; 0 where nothing has changed yet. */
  last(): Promise<number>;
  /** The first position that is still kept. */
  first(): Promise<number>;
  /** Who is told of changes by webhook. */
  subscribers(): Promise<readonly Subscriber[]>;
  /** Adds one; of one that is there, replaces the secret alone. */
  saveSubscriber(subscriber: Subscriber): Promise<void>;
  removeSubscriber(subscriberId: string): Promise<boolean>;
  /** Remembers how far a subscriber has been told. */
  advance(subscriberId: string, sequence: number): Promise<void>;
}

/** A service of ours that is told of changes by signed webhook. */
export interface Subscriber {
  readonly subscriberId: string;
  readonly url: string;
  /** `null` for every customer. */
  readonly customerId: string | null;
  /** Encrypted. */
  readonly secret: Uint8Array;
  /** The last change it has taken. */
  readonly position: number;
  readonly createdAt: string;
}
