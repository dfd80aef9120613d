import { CAMERA_ID, DOOR_ID, ORG_ID, SITE_ID } from "./ids.ts";

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

export const tombstone = {
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
