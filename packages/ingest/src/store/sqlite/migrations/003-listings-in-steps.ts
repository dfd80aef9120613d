/**
 * Lets a listing be applied in steps, between which events are committed.
 *
 * Frozen: a released migration never changes, not even a comment in its SQL.
 */
export const LISTINGS_IN_STEPS = `
DROP TABLE staged_gone;
DROP TABLE staged_device;

-- staged: a device's record and observation, or the time as of which the device is gone.
CREATE TABLE staged_device (
  integration_id TEXT NOT NULL,
  sync_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  staged TEXT NOT NULL,
  PRIMARY KEY (integration_id, sync_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE staged_site (
  integration_id TEXT NOT NULL,
  sync_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  name TEXT,
  record TEXT NOT NULL,
  PRIMARY KEY (integration_id, sync_id, site_id)
) STRICT, WITHOUT ROWID;

-- A listing whose application takes several steps. reached: the last device of the step before; '' if there is none.
-- state: 'preparing': steps write the next states of devices to next_device, which no query reads yet. 'published': readers
-- see next_device before device; steps move the staged devices to device and to the feed. 'moved': nothing is left to do.
CREATE TABLE listing (
  integration_id TEXT PRIMARY KEY,
  sync_id TEXT NOT NULL,
  policy TEXT NOT NULL,
  applied_at TEXT NOT NULL,
  reached TEXT NOT NULL,
  state TEXT NOT NULL,
  counts TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE next_device (
  integration_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  customer_id TEXT,
  customer_site_id TEXT,
  lifecycle TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  held_since TEXT,
  name TEXT,
  type TEXT,
  type_word TEXT,
  vendor_type TEXT,
  record_hash TEXT,
  order_occurred_at TEXT,
  order_sequence TEXT,
  order_event_id TEXT,
  order_as_of TEXT,
  known_by TEXT,
  status TEXT,
  sent_status TEXT,
  vendor_status TEXT,
  reason TEXT,
  occurred_at TEXT,
  last_seen_at TEXT,
  PRIMARY KEY (integration_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX next_device_customer ON next_device (customer_id, customer_site_id) WHERE customer_id IS NOT NULL;
`;
