import type { Place } from "./binding.ts";

/** What changed for a customer. */
export type ChangeKind =
  | "device_added"
  | "device_updated"
  | "device_moved"
  | "device_removed"
  | "device_status"
  | "event";

/** A change in the feed, as downstream services read it. */
export interface Change {
  /** Position in the feed. A change is committed after every change with a smaller position. */
  readonly sequence: number;
  readonly kind: ChangeKind;
  readonly integration_id: string;
  readonly customer_id: string;
  readonly customer_site_id: string;
  /** `null` for an event that concerns no device. */
  readonly device_id: string | null;
  readonly changed_at: string;
  /**
   * JSON, whose shape depends on the kind.
   *
   * - `device_status`: `{ status, vendor_status, reason, observed_at, known_by, last_seen_at, previous_status
   *   }`
   * - `device_added`, `device_updated`, `device_moved`: the device after the change, with its status;
   *   `device_moved` adds `previous_site_id`
   * - `device_removed`: `{}`
   * - `event`: `{ event_sequence, event }`, where the event is byte for byte as the vendor signed it
   */
  readonly data: string;
}

/** A change that does not have a position in the feed yet. */
export interface ChangeDraft {
  readonly kind: ChangeKind;
  readonly integrationId: string;
  /** `null` for a status change of an unbound device: such a change is kept only for the device's history. */
  readonly place: Place | null;
  readonly deviceId: string | null;
  readonly changedAt: string;
  /** JSON; see {@link Change.data}. */
  readonly data: string;
}
