import type { Device, DeviceType, Timestamp } from "@convergint/schemas";
import type { Observation } from "../status/observation.ts";

/** A device as a vendor's inventory or an event tells of it. Its type is the vendor's word: the store maps it. */
export interface DeviceRecord {
  /** As the vendor sent it; its hardware addresses are normalised. */
  readonly device: Device;
  /** SHA-256 in base64 of what inventory says but for the status: what tells whether two records differ. */
  readonly recordHash: string;
  /** When this was so, sortable as text: of two records the later stands. */
  readonly recordedAt: string;
}

/** A device as callers are shown it. */
export interface DeviceView {
  readonly integration_id: string;
  readonly device_id: string;
  readonly org_id: string;
  readonly site_id: string;
  readonly site_name: string | null;
  /** `null` while its org and site are not bound. */
  readonly customer_id: string | null;
  readonly customer_site_id: string | null;
  readonly name: string | null;
  readonly type: DeviceType | null;
  readonly vendor_type: string | null;
  readonly status: string | null;
  /** The vendor's word, where it is another. */
  readonly vendor_status: string | null;
  readonly status_reason: string | null;
  readonly status_observed_at: Timestamp | null;
  /** Whether an event or a snapshot told of it. */
  readonly status_known_by: string | null;
  readonly last_seen_at: Timestamp | null;
  readonly lifecycle: string;
}

/** Which devices to list. `null` is no condition. */
export interface DeviceQuery {
  readonly integrationId: string | null;
  readonly customerId: string | null;
  readonly customerSiteId: string | null;
  /** The vendor's id. */
  readonly siteId: string | null;
  readonly status: string | null;
  readonly type: string | null;
  /** `true` for those that belong to a customer, `false` for the quarantined ones. */
  readonly bound: boolean | null;
  /** Removed ones too. */
  readonly withRemoved: boolean;
  /** Continue after this device. */
  readonly after: { readonly integrationId: string; readonly deviceId: string } | null;
  readonly limit: number;
}

/** What a sync compares a page of devices with. */
export interface KnownDevice {
  readonly deviceId: string;
  /** Of the record as stored; `null` for a device that only events have told of. */
  readonly recordHash: string | null;
  readonly lifecycle: string;
  /** `null` where its status is not known. */
  readonly observation: Observation | null;
  /** Whether its removal waits for a person. */
  readonly held: boolean;
}

export interface DeviceStore {
  list(query: DeviceQuery): Promise<readonly DeviceView[]>;
  get(integrationId: string, deviceId: string): Promise<DeviceView | null>;
  /** What is known of some devices of one integration; those that are not known are not in it. */
  known(integrationId: string, deviceIds: readonly string[]): Promise<ReadonlyMap<string, KnownDevice>>;
  /**
   * The devices of an integration that inventory has told of and that are not removed, by id, some at a time: what a
   * sync looks for vanished ones among.
   *
   * @param recordedBy those alone whose record is not later, as sortable text: a listing cannot lack what came after it
   */
  listedIds(
    integrationId: string,
    recordedBy: string,
    after: string,
    limit: number,
  ): Promise<readonly string[]>;
  count(integrationId: string): Promise<{ readonly listed: number; readonly quarantined: number }>;
}
