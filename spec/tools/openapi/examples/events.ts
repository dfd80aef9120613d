import { contractEventType, type EventTypeName } from "@convergint/schemas";
import { ORG_ID, OTHER_SITE_ID, SITE_ID } from "./ids.ts";
import { camera, tombstone } from "./inventory.ts";

const where = { org_id: ORG_ID, site_id: SITE_ID };

/**
 * Event data that continues the inventory examples, by event type; other types use the sample of their
 * family.
 */
const INVENTORY_DATA: Readonly<Record<string, object>> = {
  "com.convergint.device.added.v1": camera,
  "com.convergint.device.updated.v1": {
    ...camera,
    site_id: OTHER_SITE_ID,
    previous_site_id: SITE_ID,
    changed_fields: ["site_id"],
  },
  "com.convergint.device.removed.v1": tombstone,
};

function dataOf(type: EventTypeName): object {
  const sample = contractEventType(type)?.sample;
  return INVENTORY_DATA[type] ?? { ...where, ...sample?.required, ...sample?.optional };
}

/** Returns an example event of a type of the contract. */
export function exampleEvent(type: EventTypeName, id = "evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z") {
  const data = dataOf(type);
  return {
    specversion: "1.0",
    id,
    source: `urn:example-campus:org:${ORG_ID}`,
    type,
    time: "2026-11-23T08:31:07.120Z",
    ...("device_id" in data ? { subject: data.device_id } : {}),
    datacontenttype: "application/json",
    data,
  };
}

/** An event of a type that the vendor defines. */
export const vendorsOwnEvent = {
  ...exampleEvent("com.convergint.webhook.ping.v1"),
  type: "com.campus.parking.barrier_raised.v1",
  data: { ...where, barrier: "P2 exit" },
};

export const eventBatch = [
  exampleEvent("com.convergint.device.status_changed.v1"),
  exampleEvent("com.convergint.door.forced_open.v1", "evt_01JD90Q4S6V8X0Z2B4D6F8H0K2"),
];

export const batchAnswer = {
  accepted: 1,
  refused: [
    {
      index: 0,
      id: "evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z",
      code: "invalid_event",
      detail: "/data/status: Send online, degraded, offline or unknown. (EVT-004)",
    },
  ],
};

export const eventPage = {
  data: eventBatch,
  next_cursor: null,
  snapshot: { id: "snap_b7Lk", as_of: "2026-11-23T08:45:00Z" },
};
