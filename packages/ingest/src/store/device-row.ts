import type { DeviceStatus, DeviceType } from "@convergint/schemas";
import type { DeviceFacts, DeviceState } from "../domain/device.ts";
import type { Observation } from "../domain/observation.ts";

/** The columns of a device, in the order in which they are written. */
export const DEVICE_COLUMNS = [
  "integration_id",
  "device_id",
  "org_id",
  "site_id",
  "customer_id",
  "customer_site_id",
  "lifecycle",
  "recorded_at",
  "first_seen_at",
  "held_since",
  "name",
  "type",
  "type_word",
  "vendor_type",
  "record_hash",
  "order_occurred_at",
  "order_sequence",
  "order_event_id",
  "order_as_of",
  "known_by",
  "status",
  "sent_status",
  "vendor_status",
  "reason",
  "occurred_at",
  "last_seen_at",
] as const;

/** Those of them that say what was observed of its status. */
export const OBSERVATION_COLUMNS = DEVICE_COLUMNS.slice(DEVICE_COLUMNS.indexOf("order_occurred_at"));

/** A device as either store keeps it. */
export type DeviceRow = Readonly<Record<(typeof DEVICE_COLUMNS)[number], string | null>>;

/** A column that is never empty where this is asked. */
const text = (value: string | null): string => value ?? "";

function factsOf(row: DeviceRow): DeviceFacts | null {
  if (row.record_hash === null) return null;
  return {
    name: text(row.name),
    type: text(row.type) as DeviceType,
    typeWord: text(row.type_word),
    vendorType: row.vendor_type,
    recordHash: row.record_hash,
    record: null,
  };
}

function observationOf(row: DeviceRow): Observation | null {
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

export const stateOf = (row: DeviceRow): DeviceState => ({
  integrationId: text(row.integration_id),
  deviceId: text(row.device_id),
  orgId: text(row.org_id),
  siteId: text(row.site_id),
  place:
    row.customer_id === null
      ? null
      : { customerId: row.customer_id, customerSiteId: text(row.customer_site_id) },
  lifecycle: text(row.lifecycle),
  facts: factsOf(row),
  recordedAt: text(row.recorded_at),
  observation: observationOf(row),
  firstSeenAt: text(row.first_seen_at),
  heldSince: row.held_since,
});

/** What was observed, in the order of {@link OBSERVATION_COLUMNS}. */
export const observationValues = (observation: Observation | null): (string | null)[] => [
  observation?.order.occurredAt ?? null,
  observation?.order.sequence ?? null,
  observation?.order.eventId ?? null,
  observation?.order.asOf ?? null,
  observation?.knownBy ?? null,
  observation?.status ?? null,
  observation?.sentStatus ?? null,
  observation?.vendorStatus ?? null,
  observation?.reason ?? null,
  observation?.occurredAt ?? null,
  observation?.lastSeenAt ?? null,
];

/** A device's columns, in the order of {@link DEVICE_COLUMNS}. */
export function deviceValues(state: DeviceState): (string | null)[] {
  const { place, facts, observation } = state;
  return [
    state.integrationId,
    state.deviceId,
    state.orgId,
    state.siteId,
    place?.customerId ?? null,
    place?.customerSiteId ?? null,
    state.lifecycle,
    state.recordedAt,
    state.firstSeenAt,
    state.heldSince,
    facts?.name ?? null,
    facts?.type ?? null,
    facts?.typeWord ?? null,
    facts?.vendorType ?? null,
    facts?.recordHash ?? null,
    ...observationValues(observation),
  ];
}
