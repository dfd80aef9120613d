/**
 * Creates the tables. Times are RFC 3339 texts in UTC with milliseconds, which sort chronologically.
 *
 * Frozen: a released migration never changes, not even a comment in its SQL.
 */
export const TABLES = `
-- number: short, because every key of the ledger starts with it.
CREATE TABLE integration (
  number INTEGER PRIMARY KEY,
  integration_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  base_url TEXT NOT NULL,
  credential BLOB NOT NULL,
  webhook_endpoint_id TEXT,
  poll_seconds REAL NOT NULL,
  fast_poll_seconds REAL NOT NULL,
  silence_seconds REAL,
  created_at TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TABLE webhook_secret (
  integration_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  secret BLOB NOT NULL,
  added_at TEXT NOT NULL,
  expires_at TEXT,
  PRIMARY KEY (integration_id, position)
) STRICT, WITHOUT ROWID;

-- site_id '' binds every site of the org that has no binding itself.
CREATE TABLE binding (
  integration_id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  customer_site_id TEXT,
  bound_at TEXT NOT NULL,
  PRIMARY KEY (integration_id, org_id, site_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE mapping (
  integration_id TEXT PRIMARY KEY,
  mapping TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE unmapped_word (
  integration_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  word TEXT NOT NULL,
  count INTEGER NOT NULL,
  last_seen_at TEXT NOT NULL,
  PRIMARY KEY (integration_id, kind, word)
) STRICT, WITHOUT ROWID;

-- Separate from the events and narrow, because it is kept for longer. day: of the receipt, since 1970.
CREATE TABLE ledger (
  integration INTEGER NOT NULL,
  event_key BLOB NOT NULL,
  day INTEGER NOT NULL,
  PRIMARY KEY (integration, event_key)
) STRICT, WITHOUT ROWID;

-- Events and changes take their positions from one row, so that together they are the feed.
-- forgotten: the last position that was deleted.
CREATE TABLE position (last INTEGER NOT NULL, forgotten INTEGER NOT NULL) STRICT;
INSERT INTO position (last, forgotten) VALUES (0, 0);

-- released: the event was in quarantine, and a row of change puts it into the feed.
CREATE TABLE event (
  sequence INTEGER PRIMARY KEY,
  integration_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  customer_site_id TEXT NOT NULL,
  device_id TEXT,
  received_at TEXT NOT NULL,
  released INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE quarantined_event (
  sequence INTEGER PRIMARY KEY,
  integration_id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  device_id TEXT,
  received_at TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX quarantined_event_place ON quarantined_event (integration_id, org_id, site_id, sequence);

-- customer_id is NULL for a status change of an unbound device: it is kept only for the device's history.
-- previous: the device's status change before this one. Chained, because an index on them would cost every event a page
-- on disk, for histories that are rarely read.
CREATE TABLE change (
  sequence INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  customer_id TEXT,
  customer_site_id TEXT,
  device_id TEXT,
  changed_at TEXT NOT NULL,
  data TEXT NOT NULL,
  previous INTEGER
) STRICT;

CREATE TABLE site (
  integration_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  name TEXT,
  record TEXT NOT NULL,
  PRIMARY KEY (integration_id, site_id)
) STRICT, WITHOUT ROWID;

-- Its facts (name to record_hash) are NULL if only status events mention the device; its observation (order_occurred_at to
-- last_seen_at) is NULL while its status is unknown. last_status_change: the head of its history.
CREATE TABLE device (
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
  last_status_change INTEGER,
  PRIMARY KEY (integration_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_place ON device (integration_id, org_id, site_id);
CREATE INDEX device_customer ON device (customer_id, customer_site_id) WHERE customer_id IS NOT NULL;
CREATE INDEX device_held ON device (integration_id, device_id) WHERE held_since IS NOT NULL;

CREATE TABLE device_record (
  integration_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (integration_id, device_id)
) STRICT, WITHOUT ROWID;

-- The next sync of the integration deletes what a crashed process staged.
CREATE TABLE staged_device (
  integration_id TEXT NOT NULL,
  sync_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  staged TEXT NOT NULL,
  PRIMARY KEY (integration_id, sync_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE staged_gone (
  integration_id TEXT NOT NULL,
  sync_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  gone_at TEXT NOT NULL,
  PRIMARY KEY (integration_id, sync_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_state (
  integration_id TEXT PRIMARY KEY,
  state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sync_outcome (
  sequence INTEGER PRIMARY KEY,
  integration_id TEXT NOT NULL,
  outcome TEXT NOT NULL
) STRICT;
CREATE INDEX sync_outcome_integration ON sync_outcome (integration_id, sequence);

-- When each integration's last webhook was accepted, and when the last one was refused.
CREATE TABLE last_webhook (
  integration_id TEXT PRIMARY KEY,
  taken_at TEXT,
  refused_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  until REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE refused_delivery (
  sequence INTEGER PRIMARY KEY,
  integration_id TEXT NOT NULL,
  received_at TEXT NOT NULL,
  status INTEGER NOT NULL,
  code TEXT NOT NULL,
  detail TEXT NOT NULL,
  diagnosis TEXT,
  signed INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX refused_delivery_integration ON refused_delivery (integration_id, sequence);

CREATE TABLE subscriber (
  subscriber_id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  customer_id TEXT,
  secret BLOB NOT NULL,
  position INTEGER NOT NULL,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
  token_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
