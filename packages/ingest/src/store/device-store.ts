import type { DeviceType, Timestamp } from "@convergint/schemas";
import type { KnownDevice } from "../domain/device.ts";

/** A device as the API shows it. */
export interface DeviceView {
  readonly integration_id: string;
  readonly device_id: string;
  readonly org_id: string;
  readonly site_id: string;
  readonly site_name: string | null;
  /** `null` while neither the device's site nor its org is bound. */
  readonly customer_id: string | null;
  readonly customer_site_id: string | null;
  readonly name: string | null;
  readonly type: DeviceType | null;
  readonly vendor_type: string | null;
  /** The vendor's system that the device belongs to. */
  readonly system_id: string | null;
  readonly system_name: string | null;
  readonly status: string | null;
  /** The vendor's own term, if it differs from `status`. */
  readonly vendor_status: string | null;
  readonly status_reason: string | null;
  readonly status_observed_at: Timestamp | null;
  /** `event` or `snapshot`. */
  readonly status_known_by: string | null;
  readonly last_seen_at: Timestamp | null;
  readonly lifecycle: string;
}

/** Which devices to list. `null` means no condition. */
export interface DeviceQuery {
  readonly integrationId: string | null;
  /** Only devices of these customers. */
  readonly customerIds: readonly string[] | null;
  readonly customerSiteId: string | null;
  /** The vendor's id. */
  readonly siteId: string | null;
  /** The vendor's id. */
  readonly systemId: string | null;
  readonly status: string | null;
  readonly type: string | null;
  /** `true` lists only devices of a customer, `false` only quarantined devices. */
  readonly bound: boolean | null;
  /** Whether to list removed devices too. */
  readonly withRemoved: boolean;
  /** The device after which to continue. */
  readonly after: { readonly integrationId: string; readonly deviceId: string } | null;
  readonly limit: number;
}

export interface DeviceStore {
  list(query: DeviceQuery): Promise<readonly DeviceView[]>;
  get(integrationId: string, deviceId: string): Promise<DeviceView | null>;
  /** Looks up devices of one integration. Leaves out unknown devices. */
  known(integrationId: string, deviceIds: readonly string[]): Promise<ReadonlyMap<string, KnownDevice>>;
  /**
   * Lists, page by page, the ids of devices that an inventory has listed and that are not removed. A sync
   * looks for missing devices among these ids.
   *
   * @param recordedBy leaves out devices whose records are later than this time, because an earlier listing
   *   need not contain them; sortable as text
   */
  listedIds(
    integrationId: string,
    recordedBy: string,
    after: string,
    limit: number,
  ): Promise<readonly string[]>;
  /** Counts the devices of an integration that are not removed, up to a limit, because counting a million takes seconds. */
  count(integrationId: string, limit: number): Promise<number>;
}
