/** Customers and quarantine, one row a device, an ordered feed of changes, mappings, subscribers, tokens, leases. */
export const CUSTOMERS = `
ALTER TABLE integration RENAME TO integration_1;
-- number: short, because every key of the ledger begins with it.
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
INSERT INTO integration
  (integration_id, name, base_url, credential, webhook_endpoint_id, poll_seconds, fast_poll_seconds, silence_seconds,
   created_at, revision)
SELECT integration_id, name, base_url, api_key, webhook_endpoint_id, poll_seconds, min(poll_seconds, 60), 900, created_at, 1
FROM integration_1 ORDER BY created_at;

ALTER TABLE webhook_secret RENAME TO webhook_secret_1;
CREATE TABLE webhook_secret (
  integration_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  secret BLOB NOT NULL,
  added_at TEXT NOT NULL,
  expires_at TEXT,
  PRIMARY KEY (integration_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO webhook_secret SELECT s.integration_id, s.position, s.secret, i.created_at, NULL
FROM webhook_secret_1 s JOIN integration i USING (integration_id);
DROP TABLE webhook_secret_1;
DROP TABLE integration_1;

-- site_id is '' for every site of the org that has no binding of its own.
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

ALTER TABLE ledger RENAME TO ledger_1;
-- Apart from the payloads and narrow, because it is kept longer than they are. day: of the receipt, since 1970.
CREATE TABLE ledger (
  integration INTEGER NOT NULL,
  event_key BLOB NOT NULL,
  day INTEGER NOT NULL,
  PRIMARY KEY (integration, event_key)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger
SELECT i.number, l.event_key, CAST(unixepoch() / 86400 AS INTEGER)
FROM ledger_1 l JOIN integration i USING (integration_id);
DROP TABLE ledger_1;

-- Events and changes take their positions from one row of numbers: so together they are the feed.
-- forgotten: up to where some of the feed is not kept any more.
CREATE TABLE position (last INTEGER NOT NULL, forgotten INTEGER NOT NULL) STRICT;
INSERT INTO position SELECT coalesce(max(sequence), 0), 0 FROM event;

ALTER TABLE event RENAME TO event_1;
-- released: it was in quarantine, and is in the feed by a change of its own.
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
INSERT INTO quarantined_event
SELECT sequence, integration_id, coalesce(body ->> '$.data.org_id', ''), coalesce(body ->> '$.data.site_id', ''),
       body ->> '$.data.device_id', received_at, body
FROM event_1;
DROP TABLE event_1;

-- customer_id is NULL for a change of status of a device that is no customer's: kept for its history alone.
CREATE TABLE change (
  sequence INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  customer_id TEXT,
  customer_site_id TEXT,
  device_id TEXT,
  changed_at TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX change_status ON change (integration_id, device_id, sequence) WHERE kind = 'device_status';

CREATE TABLE site_1 AS SELECT * FROM site;
DROP TABLE site;
CREATE TABLE site (
  integration_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  name TEXT,
  record TEXT NOT NULL,
  PRIMARY KEY (integration_id, site_id)
) STRICT, WITHOUT ROWID;
INSERT INTO site SELECT integration_id, site_id, org_id, record ->> '$.name', record FROM site_1;
DROP TABLE site_1;

ALTER TABLE device RENAME TO device_1;
-- Its facts are NULL for a device that only events have told of; its observation is, where its status is not known.
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
  PRIMARY KEY (integration_id, device_id)
) STRICT, WITHOUT ROWID;
-- What the inventory said is learnt anew by the next sync; what is known of the status is not.
INSERT INTO device
SELECT d.integration_id, d.device_id, d.org_id, d.site_id, NULL, NULL, d.lifecycle, '',
       strftime('%Y-%m-%dT%H:%M:%fZ'), NULL, NULL, NULL, NULL, NULL, NULL,
       s.order_occurred_at, s.order_sequence, s.order_event_id, s.order_as_of, s.known_by, s.status, s.status, NULL, s.reason,
       s.occurred_at, s.last_seen_at
FROM device_1 d LEFT JOIN device_status s USING (integration_id, device_id);
DROP TABLE device_1;
DROP TABLE device_status;
CREATE INDEX device_place ON device (integration_id, org_id, site_id);
CREATE INDEX device_customer ON device (customer_id, customer_site_id) WHERE customer_id IS NOT NULL;
CREATE INDEX device_held ON device (integration_id, device_id) WHERE held_since IS NOT NULL;

CREATE TABLE device_record (
  integration_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (integration_id, device_id)
) STRICT, WITHOUT ROWID;

DROP TABLE staged_device;
-- What a dead process has staged is in nobody's way, and forgotten with the next sync.
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

DROP TABLE sync;
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

-- When webhooks were taken and refused last, by integration.
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

DROP TABLE refused_delivery;
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
