import type { Device, Site, Timestamp } from "@convergint/schemas";
import type { Observation } from "../status/observation.ts";

/** A vendor this server receives from and polls. Secrets are encrypted before they get here. */
export interface IntegrationRow {
  readonly integrationId: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly pollSeconds: number;
  readonly apiKey: Uint8Array;
  readonly webhookSecrets: readonly Uint8Array[];
  /** The vendor's id of the registered destination; `null` where the vendor manages none. */
  readonly webhookEndpointId: string | null;
  readonly createdAt: string;
}

/** An event that was verified and validated, ready to be stored. */
export interface AcceptedEvent {
  readonly integrationId: string;
  /** With `source` and integration, the idempotency key. */
  readonly eventId: string;
  readonly source: string;
  /** The event's JSON as it was signed. */
  readonly body: string;
  readonly receivedAt: string;
  /** What it says of a device's status; `null` for an event of another kind. */
  readonly observed: {
    readonly orgId: string;
    readonly siteId: string;
    readonly deviceId: string;
    readonly observation: Observation;
  } | null;
}

/** A delivery that was signed and yet refused: kept for people to see. */
export interface RefusedDelivery {
  readonly integrationId: string;
  readonly receivedAt: string;
  readonly code: string;
  readonly detail: string;
  readonly body: string;
}

/** One device of a snapshot, canonical, with what it says of the status. */
export interface StagedDevice {
  readonly device: Device;
  readonly type: string;
  readonly macAddresses: readonly string[];
  readonly observation: Observation | null;
}

/** How a sync ended. */
export interface SyncOutcome {
  readonly integrationId: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly outcome: "complete" | "removals_held" | "failed";
  /** A sentence for people; `null` where there is nothing to say. */
  readonly detail: string | null;
  readonly devices: number;
}

/** A listing that is being read: staged page by page, applied as one. */
export interface Snapshot {
  readonly syncId: string;
  readonly integrationId: string;
  readonly asOf: Timestamp;
}

/** Everything that changes the store. Each call is one durable transaction when it resolves. */
export interface StoreWriter {
  saveIntegration(row: IntegrationRow): Promise<void>;
  /** Stores events unless they are known, and raises device statuses where they are later. */
  commitEvents(events: readonly AcceptedEvent[]): Promise<void>;
  keepRefused(delivery: RefusedDelivery): Promise<void>;
  stageDevices(snapshot: Snapshot, devices: readonly StagedDevice[]): Promise<void>;
  /**
   * Applies what was staged, and the sites, as one; forgets the staging.
   *
   * @returns how many devices there are, how many vanished, and whether their removal is held for a person
   */
  applySnapshot(
    snapshot: Snapshot,
    sites: readonly Site[],
  ): Promise<{ readonly devices: number; readonly vanished: number; readonly held: boolean }>;
  /** Forgets what was staged: the listing could not be read to its end. */
  discardSnapshot(snapshot: Pick<Snapshot, "syncId">): Promise<void>;
  recordSync(outcome: SyncOutcome): Promise<void>;
  close(): Promise<void>;
}

/** A device as the query API shows it. */
export interface DeviceView {
  readonly integration_id: string;
  readonly device_id: string;
  readonly org_id: string;
  readonly site_id: string;
  readonly site_name: string | null;
  readonly name: string | null;
  readonly type: string | null;
  readonly vendor_type: string | null;
  readonly status: string | null;
  readonly status_reason: string | null;
  readonly status_observed_at: string | null;
  /** Whether an event or a snapshot told of it. */
  readonly status_known_by: string | null;
  readonly last_seen_at: string | null;
  readonly lifecycle: string;
}

/** An event that is stored. */
export interface StoredEvent {
  /** Position in the order of arrival. */
  readonly sequence: number;
  readonly integration_id: string;
  readonly received_at: string;
  /** The event's JSON as it was signed. */
  readonly body: string;
}

export interface RefusedView {
  readonly sequence: number;
  readonly integration_id: string;
  readonly received_at: string;
  readonly code: string;
  readonly detail: string;
  readonly body: string;
}

/** Which devices to list. */
export interface DeviceQuery {
  readonly integrationId: string | null;
  readonly siteId: string | null;
  readonly status: string | null;
  /** Continue after this device. */
  readonly after: { readonly integrationId: string; readonly deviceId: string } | null;
  readonly limit: number;
}

/** Everything that reads the store; apart from the writer, and never waiting for it. */
export interface StoreReader {
  integrations(): readonly IntegrationRow[];
  lastSync(integrationId: string): SyncOutcome | null;
  devices(query: DeviceQuery): readonly DeviceView[];
  device(integrationId: string, deviceId: string): DeviceView | null;
  events(after: number, limit: number): readonly StoredEvent[];
  refusedDeliveries(limit: number): readonly RefusedView[];
  close(): void;
}

/** The store: one writer, and readers beside it. */
export interface Store {
  readonly writer: StoreWriter;
  readonly reader: StoreReader;
}
