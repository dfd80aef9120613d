/** What the first version of the server kept. */
export const FIRST = `
CREATE TABLE integration (
  integration_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  base_url TEXT NOT NULL,
  poll_seconds INTEGER NOT NULL,
  api_key BLOB NOT NULL,
  webhook_endpoint_id TEXT,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE webhook_secret (
  integration_id TEXT NOT NULL REFERENCES integration,
  position INTEGER NOT NULL,
  secret BLOB NOT NULL,
  PRIMARY KEY (integration_id, position)
) STRICT, WITHOUT ROWID;

-- Apart from the payloads and narrow, because it is kept longer than they are.
CREATE TABLE ledger (
  integration_id TEXT NOT NULL,
  event_key BLOB NOT NULL,
  PRIMARY KEY (integration_id, event_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  integration_id TEXT NOT NULL,
  received_at TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE site (
  integration_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (integration_id, site_id)
) STRICT, WITHOUT ROWID;

-- record is NULL for a device that only events have told of.
CREATE TABLE device (
  integration_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  type TEXT,
  lifecycle TEXT NOT NULL,
  record TEXT,
  mac_addresses TEXT,
  PRIMARY KEY (integration_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_status (
  integration_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  order_occurred_at TEXT NOT NULL,
  order_sequence TEXT NOT NULL,
  order_event_id TEXT NOT NULL,
  order_as_of TEXT NOT NULL,
  known_by TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  occurred_at TEXT NOT NULL,
  last_seen_at TEXT,
  PRIMARY KEY (integration_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE staged_device (
  sync_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  staged TEXT NOT NULL,
  PRIMARY KEY (sync_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync (
  integration_id TEXT PRIMARY KEY,
  outcome TEXT NOT NULL
) STRICT;

CREATE TABLE refused_delivery (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  integration_id TEXT NOT NULL,
  received_at TEXT NOT NULL,
  code TEXT NOT NULL,
  detail TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
`;
