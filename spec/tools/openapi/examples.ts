import { contractEventType, type EventTypeName } from "@convergint/schemas";

export const manifest = {
  contract_version: "1.0",
  vendor: {
    id: "example-campus",
    name: "Example Campus",
    support_url: "https://campus.example/support",
    documentation_url: "https://docs.campus.example",
  },
  api_base: "https://api.campus.example",
  authentication: [
    { scheme: "bearer" },
    {
      scheme: "oauth2_client_credentials",
      token_url: "https://auth.campus.example/oauth/token",
      scopes: ["inventory:read", "webhooks:write"],
      token_endpoint_auth_methods: ["client_secret_basic", "private_key_jwt"],
    },
    { scheme: "signed_jwt", algorithms: ["RS256", "ES256"], issuer: "convergint" },
  ],
  inventory: {
    max_page_size: 1000,
    incremental_sync: true,
    tombstone_days: 30,
    conditional_requests: true,
    system_filter: true,
  },
  backfill: { depth_hours: 72 },
  webhooks: {
    signature_schemes: ["v1"],
    batching: true,
    endpoint_management: true,
    retry_schedule_seconds: [5, 60, 600, 3600, 21_600, 86_400],
    health_latency_seconds: 10,
  },
  egress_ip_ranges: ["192.0.2.0/24"],
  device_types: [
    { type: "camera", status_from: ["inventory", "events"] },
    { type: "door", status_from: ["inventory"] },
  ],
  event_types: [
    { type: "com.convergint.device.status_changed.v1", delivery: ["webhook", "backfill"] },
    { type: "com.convergint.door.forced_open.v1", delivery: ["webhook", "backfill"] },
  ],
  sandbox: {
    control_url: "https://api.campus.example/sandbox",
    commands: ["status", "events", "add_device", "move_device", "remove_device"],
  },
};

export const eventCatalog = {
  data: [
    {
      type: "com.convergint.device.status_changed.v1",
      family: "health",
      version: "1",
      description: "The status of a device changed.",
      device_types: ["camera"],
      delivery: ["webhook", "backfill"],
      schema: "https://schemas.convergint.com/vendor-cloud/1.0/DeviceStatusChangedEvent.json",
    },
    {
      type: "com.convergint.door.forced_open.v1",
      family: "door",
      version: "1",
      description: "A door was forced open.",
      device_types: ["door"],
      delivery: ["webhook", "backfill"],
      schema: "https://schemas.convergint.com/vendor-cloud/1.0/DoorForcedOpenEvent.json",
    },
  ],
};

/** Ids that several examples share, so that all examples describe one campus. */
export const ORG_ID = "0b9f6c1e-6f0a-4f0e-9d43-6f1f6f9f1a01";
export const SITE_ID = "5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10";
export const SYSTEM_ID = "b41d2c76-3f0a-4f59-9d27-7c5f0e8a1d34";
export const OTHER_SITE_ID = "9e2b7a40-5c3d-4e1f-8a6b-0d9c8b7a6f51";
export const CAMERA_ID = "c0a8f6d2-1b7e-4a55-8a52-3f0c3e9d4b77";
const DOOR_ID = "e41c6a5b-90d7-4c2e-b0a8-2f7d5c3b1a90";

const snapshot = { id: "snap_8Zk2", as_of: "2026-11-23T08:30:00Z" };

const org = { org_id: ORG_ID, name: "Northfield University", updated_at: "2026-08-01T12:00:00Z" };

const site = {
  site_id: SITE_ID,
  org_id: ORG_ID,
  name: "Science Hall",
  address: {
    street: "12 College Road",
    city: "Northfield",
    region: "MN",
    postal_code: "55057",
    country: "US",
  },
  coordinates: { latitude: 44.4583, longitude: -93.1616 },
  timezone: "America/Chicago",
};

export const camera = {
  device_id: CAMERA_ID,
  org_id: ORG_ID,
  site_id: SITE_ID,
  name: "North entrance, left",
  type: "camera",
  vendor_type: "Dome 4MP",
  status: "online",
  status_observed_at: "2026-11-23T08:29:41Z",
  last_seen_at: "2026-11-23T08:29:41Z",
  mac_addresses: ["00:11:22:aa:bb:cc"],
  ip_addresses: ["192.0.2.7"],
  model: "XO-4D",
  firmware_version: "3.2.1",
};

const door = {
  device_id: DOOR_ID,
  org_id: ORG_ID,
  site_id: SITE_ID,
  name: "Laboratory 4",
  type: "door",
  status: "unknown",
  status_reason: "parent_unreachable",
  parent_device_id: "1f0d7c6b-5a49-4e38-8d27-c6b5a4938271",
};

const tombstone = {
  device_id: "8b6e2d10-4c3a-4f5b-9e7d-1a2b3c4d5e6f",
  org_id: ORG_ID,
  site_id: SITE_ID,
  lifecycle: "removed",
  removed_at: "2026-11-22T16:05:00Z",
};

export const orgPage = { data: [org], next_cursor: null, snapshot: { ...snapshot, total_count: 1 } };
export const sitePage = { data: [site], next_cursor: null, snapshot: { ...snapshot, total_count: 1 } };
export const devicePage = {
  data: [camera, door],
  next_cursor: null,
  snapshot: { ...snapshot, total_count: 2 },
  sync_token: "sync_7f31c0",
};
export const deviceChangePage = {
  data: [camera, tombstone],
  next_cursor: null,
  snapshot: { id: "snap_9Aq1", as_of: "2026-11-23T08:45:00Z", total_count: 2 },
  sync_token: "sync_8a02d4",
};

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

export const endpointRequest = {
  url: "https://hooks.convergint.example/v1/webhooks/int_42",
  event_types: ["com.convergint.device.status_changed.v1"],
};

const endpoint = {
  endpoint_id: "we_3k9d",
  ...endpointRequest,
  created_at: "2026-11-23T08:30:00Z",
  state: "active",
};

export const endpointCreated = { ...endpoint, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };

export const endpointList = {
  data: [
    endpoint,
    {
      endpoint_id: "we_1a7c",
      url: "https://old.convergint.example/hooks",
      created_at: "2026-02-03T10:00:00Z",
      state: "stopped",
      stopped_reason: "gone",
    },
  ],
};

export const rotatedSecret = {
  secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
  previous_expires_at: "2026-11-24T08:30:00Z",
};

export const pingAccepted = { event_id: "evt_01JD8Z9QK3T5V7X9Z1B3D5F7H9" };
