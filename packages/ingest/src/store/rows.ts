import type { DeviceStatus, DeviceType } from "@convergint/schemas";
import type { Binding } from "../domain/binding.ts";
import type { DeviceFacts, DeviceState } from "../domain/device.ts";
import type { RemovalPolicy, StagedEntry, SyncCounts } from "../domain/inventory.ts";
import type { Observation } from "../domain/observation.ts";
import type { Staging } from "./inventory-store.ts";

type Columns = Readonly<Record<string, (state: DeviceState) => string | null>>;

const KEY = {
  integration_id: ({ integrationId }) => integrationId,
  device_id: ({ deviceId }) => deviceId,
} as const satisfies Columns;

const OBSERVATION = {
  order_occurred_at: ({ observation }) => observation?.order.occurredAt ?? null,
  order_sequence: ({ observation }) => observation?.order.sequence ?? null,
  order_event_id: ({ observation }) => observation?.order.eventId ?? null,
  order_as_of: ({ observation }) => observation?.order.asOf ?? null,
  known_by: ({ observation }) => observation?.knownBy ?? null,
  status: ({ observation }) => observation?.status ?? null,
  sent_status: ({ observation }) => observation?.sentStatus ?? null,
  vendor_status: ({ observation }) => observation?.vendorStatus ?? null,
  reason: ({ observation }) => observation?.reason ?? null,
  occurred_at: ({ observation }) => observation?.occurredAt ?? null,
  last_seen_at: ({ observation }) => observation?.lastSeenAt ?? null,
} as const satisfies Columns;

const DEVICE = {
  ...KEY,
  org_id: ({ orgId }) => orgId,
  site_id: ({ siteId }) => siteId,
  customer_id: ({ place }) => place?.customerId ?? null,
  customer_site_id: ({ place }) => place?.customerSiteId ?? null,
  lifecycle: ({ lifecycle }) => lifecycle,
  recorded_at: ({ recordedAt }) => recordedAt,
  first_seen_at: ({ firstSeenAt }) => firstSeenAt,
  held_since: ({ heldSince }) => heldSince,
  name: ({ facts }) => facts?.name ?? null,
  type: ({ facts }) => facts?.type ?? null,
  type_word: ({ facts }) => facts?.typeWord ?? null,
  vendor_type: ({ facts }) => facts?.vendorType ?? null,
  system_id: ({ facts }) => facts?.systemId ?? null,
  system_name: ({ facts }) => facts?.systemName ?? null,
  record_hash: ({ facts }) => facts?.recordHash ?? null,
  ...OBSERVATION,
} as const satisfies Columns;

export type DeviceColumn = keyof typeof DEVICE;

const namesOf = <Name extends string>(columns: Readonly<Record<Name, unknown>>): readonly Name[] =>
  Object.keys(columns) as Name[];

/** The columns of the table `device`, in both stores. A new column needs a migration in each store. */
export const DEVICE_COLUMNS: readonly DeviceColumn[] = namesOf(DEVICE);
export const KEY_COLUMNS = namesOf(KEY);
/** The columns that a change of status writes. */
export const OBSERVATION_COLUMNS = namesOf(OBSERVATION);

/** A row of the table `device`, in either store. */
export type DeviceRow = Readonly<Record<DeviceColumn, string | null>>;

/** @returns the values of these columns, in the order of the columns */
export const toDeviceValues = (
  state: DeviceState,
  columns: readonly DeviceColumn[],
): readonly (string | null)[] => columns.map((column) => DEVICE[column](state));

/** Reads a column that is never NULL here. */
const text = (value: string | null): string => value ?? "";

function toFacts(row: DeviceRow): DeviceFacts | null {
  if (row.record_hash === null) return null;
  return {
    name: text(row.name),
    type: text(row.type) as DeviceType,
    typeWord: text(row.type_word),
    vendorType: row.vendor_type,
    systemId: row.system_id,
    systemName: row.system_name,
    recordHash: row.record_hash,
    record: null,
  };
}

function toObservation(row: DeviceRow): Observation | null {
  if (row.status === null) return null;
  return {
    order: {
      occurredAt: text(row.order_occurred_at),
      sequence: text(row.order_sequence),
      eventId: text(row.order_event_id),
      asOf: text(row.order_as_of),
    },
    knownBy: row.known_by as Observation["knownBy"],
    status: row.status as DeviceStatus,
    sentStatus: row.sent_status as DeviceStatus,
    vendorStatus: row.vendor_status,
    reason: row.reason,
    occurredAt: text(row.occurred_at),
    lastSeenAt: row.last_seen_at,
  };
}

export const toDeviceState = (row: DeviceRow): DeviceState => ({
  integrationId: text(row.integration_id),
  deviceId: text(row.device_id),
  orgId: text(row.org_id),
  siteId: text(row.site_id),
  place:
    row.customer_id === null
      ? null
      : { customerId: row.customer_id, customerSiteId: text(row.customer_site_id) },
  lifecycle: text(row.lifecycle),
  facts: toFacts(row),
  recordedAt: text(row.recorded_at),
  observation: toObservation(row),
  firstSeenAt: text(row.first_seen_at),
  heldSince: row.held_since,
});

/**
 * The exported tables and columns, which are the same in both stores. Secrets and the data of running
 * processes are left out.
 */
export const EXPORTED_COLUMNS = {
  integration: [
    "integration_id",
    "name",
    "base_url",
    "webhook_endpoint_id",
    "poll_seconds",
    "fast_poll_seconds",
    "silence_seconds",
    "created_at",
    "profile",
  ],
  binding: ["integration_id", "org_id", "site_id", "customer_id", "customer_site_id", "bound_at"],
  mapping: ["integration_id", "mapping"],
  site: ["integration_id", "site_id", "org_id", "record"],
  device: DEVICE_COLUMNS,
  device_record: ["integration_id", "device_id", "record"],
  event: [
    "sequence",
    "integration_id",
    "customer_id",
    "customer_site_id",
    "device_id",
    "received_at",
    "released",
    "body",
  ],
  quarantined_event: ["sequence", "integration_id", "org_id", "site_id", "device_id", "received_at", "body"],
  change: [
    "sequence",
    "kind",
    "integration_id",
    "customer_id",
    "customer_site_id",
    "device_id",
    "changed_at",
    "data",
  ],
  sync_outcome: ["sequence", "integration_id", "outcome"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The tables whose rows are removed with their integration, and the columns that identify a row, in both stores. */
export const INTEGRATION_TABLES: Readonly<Record<string, string>> = {
  listing: "integration_id",
  next_device: "integration_id, device_id",
  staged_device: "integration_id, sync_id, device_id",
  staged_site: "integration_id, sync_id, site_id",
  quarantined_event: "sequence",
  device_record: "integration_id, device_id",
  device: "integration_id, device_id",
  site: "integration_id, site_id",
  binding: "integration_id, org_id, site_id",
  mapping: "integration_id",
  unmapped_word: "integration_id, kind, word",
  refused_delivery: "sequence",
  sync_outcome: "sequence",
  sync_state: "integration_id",
  last_webhook: "integration_id",
  webhook_secret: "integration_id, position",
};

/** A row of the table `binding`, in either store. */
export interface BindingRow {
  readonly integration_id: string;
  readonly org_id: string;
  /** `""` binds every site of the org, except sites with their own binding. */
  readonly site_id: string;
  readonly customer_id: string;
  readonly customer_site_id: string | null;
  readonly bound_at: string;
}

export const toBinding = (row: BindingRow): Binding => ({
  integrationId: row.integration_id,
  orgId: row.org_id,
  siteId: row.site_id === "" ? null : row.site_id,
  customerId: row.customer_id,
  customerSiteId: row.customer_site_id,
  boundAt: row.bound_at,
});

/** The columns of the table `binding`, in either store. */
export const BINDING_COLUMNS = [
  "integration_id",
  "org_id",
  "site_id",
  "customer_id",
  "customer_site_id",
  "bound_at",
] as const satisfies readonly (keyof BindingRow)[];

/** A listing that is being applied in several steps. Its integration has no other. */
export interface Listing extends Staging {
  readonly policy: RemovalPolicy;
  readonly at: string;
  /**
   * - `preparing`: the next states of devices are computed, and no query reads them
   * - `published`: readers see the next states; the devices are moved to them
   * - `moved`: all devices have been moved
   */
  readonly state: "preparing" | "published" | "moved";
  /** The last device of the step before; `""` if there is none. */
  readonly reached: string;
  /** What was moved so far. */
  readonly counts: SyncCounts;
}

/** A row of the table `listing`, in either store. */
export interface ListingRow extends Omit<Listing, "counts"> {
  readonly counts: string;
}

export const toListing = (row: ListingRow): Listing => ({
  ...row,
  counts: JSON.parse(row.counts) as SyncCounts,
});

/** A row of the table `staged_device`, in either store. */
export interface StagedRow {
  readonly deviceId: string;
  readonly staged: string;
}

export const parseStaged = (rows: readonly StagedRow[]): readonly StagedEntry[] =>
  rows.map(({ staged }) => JSON.parse(staged) as StagedEntry);
