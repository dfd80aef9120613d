/**
 * Creates the tables. Texts compare byte by byte (`COLLATE "C"`), as in SQLite, whatever the database's locale. Times are
 * RFC 3339 texts in UTC with milliseconds, which sort chronologically.
 *
 * Frozen: a released migration never changes, not even a comment in its SQL.
 */
export const TABLES = `
CREATE TABLE ingest.integration (
  number integer GENERATED ALWAYS AS IDENTITY,
  integration_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  base_url text NOT NULL,
  credential bytea NOT NULL,
  webhook_endpoint_id text,
  poll_seconds double precision NOT NULL,
  fast_poll_seconds double precision NOT NULL,
  silence_seconds double precision,
  created_at text COLLATE "C" NOT NULL,
  revision integer NOT NULL
);

CREATE TABLE ingest.webhook_secret (
  integration_id text COLLATE "C" NOT NULL REFERENCES ingest.integration,
  position integer NOT NULL,
  secret bytea NOT NULL,
  added_at text NOT NULL,
  expires_at text,
  PRIMARY KEY (integration_id, position)
);

-- site_id is '' for every site of the org that has no binding of its own.
CREATE TABLE ingest.binding (
  integration_id text COLLATE "C" NOT NULL,
  org_id text COLLATE "C" NOT NULL,
  site_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  customer_site_id text COLLATE "C",
  bound_at text NOT NULL,
  PRIMARY KEY (integration_id, org_id, site_id)
);

CREATE TABLE ingest.mapping (
  integration_id text COLLATE "C" PRIMARY KEY,
  mapping text NOT NULL
);

CREATE TABLE ingest.unmapped_word (
  integration_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  word text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  last_seen_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (integration_id, kind, word)
);

-- Apart from the payloads and narrow, because it is kept longer than they are. day: of the receipt, since 1970.
CREATE TABLE ingest.ledger (
  integration integer NOT NULL,
  event_key uuid NOT NULL,
  day integer NOT NULL,
  PRIMARY KEY (integration, event_key)
);

-- Events and changes take their positions from one row of numbers: so together they are the feed.
-- forgotten: up to where some of the feed is not kept any more.
CREATE TABLE ingest.position (last bigint NOT NULL, forgotten bigint NOT NULL);
INSERT INTO ingest.position VALUES (0, 0);

-- released: it was in quarantine, and is in the feed by a change of its own.
CREATE TABLE ingest.event (
  sequence bigint PRIMARY KEY,
  integration_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  customer_site_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C",
  received_at text COLLATE "C" NOT NULL,
  released boolean NOT NULL,
  body text NOT NULL
);

CREATE TABLE ingest.quarantined_event (
  sequence bigint PRIMARY KEY,
  integration_id text COLLATE "C" NOT NULL,
  org_id text COLLATE "C" NOT NULL,
  site_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C",
  received_at text COLLATE "C" NOT NULL,
  body text NOT NULL
);
CREATE INDEX quarantined_event_place ON ingest.quarantined_event (integration_id, org_id, site_id, sequence);

-- customer_id is NULL for a change of status of a device that is no customer's: kept for its history alone.
CREATE TABLE ingest.change (
  sequence bigint PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  integration_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C",
  customer_site_id text COLLATE "C",
  device_id text COLLATE "C",
  changed_at text COLLATE "C" NOT NULL,
  data text NOT NULL
);
CREATE INDEX change_status ON ingest.change (integration_id, device_id, sequence) WHERE kind = 'device_status';

CREATE TABLE ingest.site (
  integration_id text COLLATE "C" NOT NULL,
  site_id text COLLATE "C" NOT NULL,
  org_id text COLLATE "C" NOT NULL,
  name text,
  record text NOT NULL,
  PRIMARY KEY (integration_id, site_id)
);

-- Its facts are NULL for a device that only events have told of; its observation is, where its status is not known.
CREATE TABLE ingest.device (
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
) WITH (fillfactor = 80);
CREATE INDEX device_place ON ingest.device (integration_id, org_id, site_id);
CREATE INDEX device_customer ON ingest.device (customer_id, customer_site_id) WHERE customer_id IS NOT NULL;
CREATE INDEX device_held ON ingest.device (integration_id, device_id) WHERE held_since IS NOT NULL;

CREATE TABLE ingest.device_record (
  integration_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  record text NOT NULL,
  PRIMARY KEY (integration_id, device_id)
);

-- What a dead process has staged is in nobody's way, and forgotten with the next sync.
CREATE TABLE ingest.staged_device (
  sync_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  integration_id text COLLATE "C" NOT NULL,
  staged text NOT NULL,
  PRIMARY KEY (sync_id, device_id)
);
CREATE INDEX staged_device_integration ON ingest.staged_device (integration_id);
CREATE TABLE ingest.staged_gone (
  sync_id text COLLATE "C" NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  integration_id text COLLATE "C" NOT NULL,
  gone_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (sync_id, device_id)
);
CREATE INDEX staged_gone_integration ON ingest.staged_gone (integration_id);

CREATE TABLE ingest.sync_state (
  integration_id text COLLATE "C" PRIMARY KEY,
  state text NOT NULL
);
CREATE TABLE ingest.sync_outcome (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  integration_id text COLLATE "C" NOT NULL,
  outcome text NOT NULL
);
CREATE INDEX sync_outcome_integration ON ingest.sync_outcome (integration_id, sequence);

-- When webhooks were taken and refused last, by integration.
CREATE TABLE ingest.last_webhook (
  integration_id text COLLATE "C" PRIMARY KEY,
  taken_at text COLLATE "C",
  refused_at text COLLATE "C"
);

CREATE TABLE ingest.lease (
  name text COLLATE "C" PRIMARY KEY,
  owner text NOT NULL,
  until timestamptz NOT NULL
);

CREATE TABLE ingest.refused_delivery (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  integration_id text COLLATE "C" NOT NULL,
  received_at text COLLATE "C" NOT NULL,
  status integer NOT NULL,
  code text NOT NULL,
  detail text NOT NULL,
  diagnosis text,
  signed boolean NOT NULL,
  body text NOT NULL
);
CREATE INDEX refused_delivery_integration ON ingest.refused_delivery (integration_id, sequence);

CREATE TABLE ingest.subscriber (
  subscriber_id text COLLATE "C" PRIMARY KEY,
  url text NOT NULL,
  customer_id text COLLATE "C",
  secret bytea NOT NULL,
  position bigint NOT NULL,
  created_at text COLLATE "C" NOT NULL
);

CREATE TABLE ingest.token (
  token_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  created_at text COLLATE "C" NOT NULL
);
`;
