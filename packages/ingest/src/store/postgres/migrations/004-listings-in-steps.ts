/**
 * Lets a listing be applied in steps, between which events are committed.
 *
 * Frozen: a released migration never changes, not even a comment in its SQL.
 */
export const LISTINGS_IN_STEPS = `
DROP TABLE ingest.staged_gone;
DROP TABLE ingest.staged_device;

-- staged: a device's record and observation, or the time as of which the device is gone.
CREATE TABLE ingest.staged_device (
  integration_id text COLLATE "C" NOT NULL,
  sync_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  staged text NOT NULL,
  PRIMARY KEY (integration_id, sync_id, device_id)
);
CREATE TABLE ingest.staged_site (
  integration_id text COLLATE "C" NOT NULL,
  sync_id text COLLATE "C" NOT NULL,
  site_id text COLLATE "C" NOT NULL,
  org_id text COLLATE "C" NOT NULL,
  name text,
  record text NOT NULL,
  PRIMARY KEY (integration_id, sync_id, site_id)
);

-- A listing whose application takes several steps. reached: the last device of the step before; '' if there is none.
-- state: 'preparing': steps write the next states of devices to next_device, which no query reads yet. 'published': readers
-- see next_device before device; steps move the staged devices to device and to the feed. 'moved': nothing is left to do.
CREATE TABLE ingest.listing (
  integration_id text COLLATE "C" PRIMARY KEY,
  sync_id text COLLATE "C" NOT NULL,
  policy text NOT NULL,
  applied_at text COLLATE "C" NOT NULL,
  reached text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  counts text NOT NULL
);

CREATE TABLE ingest.next_device (
  integration_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  org_id text COLLATE "C" NOT NULL,
  site_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C",
  customer_site_id text COLLATE "C",
  lifecycle text COLLATE "C" NOT NULL,
  recorded_at text COLLATE "C" NOT NULL,
  first_seen_at text COLLATE "C" NOT NULL,
  held_since text COLLATE "C",
  name text COLLATE "C",
  type text COLLATE "C",
  type_word text COLLATE "C",
  vendor_type text COLLATE "C",
  record_hash text COLLATE "C",
  order_occurred_at text COLLATE "C",
  order_sequence text COLLATE "C",
  order_event_id text COLLATE "C",
  order_as_of text COLLATE "C",
  known_by text COLLATE "C",
  status text COLLATE "C",
  sent_status text COLLATE "C",
  vendor_status text COLLATE "C",
  reason text COLLATE "C",
  occurred_at text COLLATE "C",
  last_seen_at text COLLATE "C",
  PRIMARY KEY (integration_id, device_id)
);
CREATE INDEX next_device_customer ON ingest.next_device (customer_id, customer_site_id) WHERE customer_id IS NOT NULL;
`;
