import type { EventTypeName } from "@convergint/schemas";
import { CAMERA_ID, DOOR_ID, ORG_ID, OTHER_SITE_ID, RECORDER_ID, SENSOR_ID, SITE_ID } from "./ids.ts";
import { camera, tombstone } from "./inventory.ts";

const where = { org_id: ORG_ID, site_id: SITE_ID };
const alarm = { ...where, device_id: SENSOR_ID, alarm_id: "alarm_88213", alarm_type: "intrusion" };
const trouble = { ...where, device_id: SENSOR_ID, trouble_id: "trouble_1207", trouble_type: "battery_low" };
const access = {
  ...where,
  device_id: DOOR_ID,
  direction: "entry",
  person: { person_id: "per_20931" },
  credential: { credential_id: "cred_5581", kind: "card" },
};
const video = { ...where, device_id: CAMERA_ID, recorder_device_id: RECORDER_ID };
const storage = { ...where, device_id: RECORDER_ID, volume_id: "vol_2" };
const connector = { ...where, connector_id: "bridge-2", affected_site_ids: [SITE_ID] };

/** What each event type's `data` may look like. */
const DATA: Readonly<Record<EventTypeName, object>> = {
  "com.convergint.device.status_changed.v1": {
    ...where,
    device_id: CAMERA_ID,
    status: "offline",
    previous_status: "online",
    status_observed_at: "2026-11-23T08:31:07.120Z",
  },
  "com.convergint.device.heartbeat.v1": {
    ...where,
    device_id: CAMERA_ID,
    status: "online",
    last_seen_at: "2026-11-23T08:31:07.120Z",
  },
  "com.convergint.device.added.v1": camera,
  "com.convergint.device.updated.v1": {
    ...camera,
    site_id: OTHER_SITE_ID,
    previous_site_id: SITE_ID,
    changed_fields: ["site_id"],
  },
  "com.convergint.device.removed.v1": tombstone,
  "com.convergint.alarm.raised.v1": {
    ...alarm,
    severity: "high",
    zone: "Zone 4, laboratory",
    description: "Motion while armed",
  },
  "com.convergint.alarm.cleared.v1": { ...alarm, raised_event_id: "evt_01JD90F2H4K6N8Q0S2V4X6Z8B0" },
  "com.convergint.trouble.raised.v1": { ...trouble, severity: "low", description: "Battery at 12 percent" },
  "com.convergint.trouble.cleared.v1": trouble,
  "com.convergint.access.granted.v1": access,
  "com.convergint.access.denied.v1": { ...access, reason: "outside_schedule" },
  "com.convergint.door.forced_open.v1": { ...where, device_id: DOOR_ID },
  "com.convergint.door.held_open.v1": { ...where, device_id: DOOR_ID, held_for_seconds: 60 },
  "com.convergint.door.secured.v1": { ...where, device_id: DOOR_ID, previous_state: "held_open" },
  "com.convergint.video.stream_lost.v1": { ...video, reason: "timeout" },
  "com.convergint.video.stream_restored.v1": video,
  "com.convergint.video.recording_failed.v1": { ...video, reason: "disk_full" },
  "com.convergint.video.recording_restored.v1": video,
  "com.convergint.storage.degraded.v1": { ...storage, reason: "disk_failed", used_percent: 71 },
  "com.convergint.storage.failed.v1": { ...storage, reason: "volume_lost" },
  "com.convergint.storage.restored.v1": { ...storage, used_percent: 12.5 },
  "com.convergint.connector.disconnected.v1": { ...connector, reason: "internet_down" },
  "com.convergint.connector.reconnected.v1": connector,
  "com.convergint.webhook.ping.v1": { ...where, endpoint_id: "we_3k9d" },
};

/** An event of a type of the contract. */
export function exampleEvent(type: EventTypeName, id = "evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z") {
  const data = DATA[type];
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

/** An event of a vendor's own type. */
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
