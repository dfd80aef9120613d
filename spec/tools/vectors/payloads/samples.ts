/** Base payloads from which cases are derived. They have only required members. */
export const ORG = { org_id: "org_1", name: "Northfield University" };

export const SITE = { site_id: "site_1", org_id: "org_1", name: "Science Hall" };

export const DEVICE = {
  device_id: "cam_1",
  org_id: "org_1",
  site_id: "site_1",
  name: "North entrance, left",
  type: "camera",
};

export const TOMBSTONE = {
  device_id: "cam_9",
  org_id: "org_1",
  site_id: "site_1",
  lifecycle: "removed",
  removed_at: "2026-11-22T16:05:00Z",
};

export const SNAPSHOT = { id: "snap_1", as_of: "2026-11-23T08:30:00Z" };

/** Builds the last page of a listing. */
export const page = (data: readonly unknown[], changes: object = {}) => ({
  data,
  next_cursor: null,
  snapshot: SNAPSHOT,
  ...changes,
});

/** Builds an event of a type, with the members of `data` that every event has. */
export const event = <Data extends object>(name: string, data: Data) => ({
  specversion: "1.0",
  id: "evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z",
  source: "urn:example-campus:org:org_1",
  type: `com.convergint.${name}.v1`,
  time: "2026-11-23T08:31:07.120Z",
  data: { org_id: "org_1", site_id: "site_1", ...data },
});
