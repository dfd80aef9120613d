import { DEVICE_COLUMNS } from "../../device-row.ts";

/** Compared byte by byte, as SQLite does, whatever the database's language is. */
const TEXT = `text COLLATE "C"`;

const NOT_NULL: ReadonlySet<string> = new Set([
  "integration_id",
  "device_id",
  "org_id",
  "site_id",
  "lifecycle",
  "recorded_at",
  "first_seen_at",
]);

/** The tables, as SQLite's. Times are texts in RFC 3339, UTC, with milliseconds, which sort as the moments do. */
export const TABLES = `
CREATE TABLE ingest.integration (
  number integer GENERATED ALWAYS AS IDENTITY,
  integration_id ${TEXT} PRIMARY KEY,
  name text NOT NULL,
  base_url text NOT NULL,
  credential bytea NOT NULL,
  webhook_endpoint_id text,
  poll_seconds double precision NOT NULL,
  fast_poll_seconds double precision NOT NULL,
  silence_seconds double precision,
  created_at ${TEXT} NOT NULL,
  revision integer NOT NULL
);

CREATE TABLE ingest.webhook_secret (
  integration_id ${TEXT} NOT NULL REFERENCES ingest.integration,
  position integer NOT NULL,
  secret bytea NOT NULL,
  added_at text NOT NULL,
  expires_at text,
  PRIMARY KEY (integration_id, position)
);

-- site_id is '' for every site of the org that has no binding of its own.
CREATE TABLE ingest.binding (
  integration_id ${TEXT} NOT NULL,
  org_id ${TEXT} NOT NULL,
  site_id ${TEXT} NOT NULL,
  customer_id ${TEXT} NOT NULL,
  customer_site_id ${TEXT},
  bound_at text NOT NULL,
  PRIMARY KEY (integration_id, org_id, site_id)
);

CREATE TABLE ingest.mapping (
  integration_id ${TEXT} PRIMARY KEY,
  mapping text NOT NULL
);

CREATE TABLE ingest.unmapped_word (
  integration_id ${TEXT} NOT NULL,
  kind ${TEXT} NOT NULL,
  word ${TEXT} NOT NULL,
  count bigint NOT NULL,
  last_seen_at ${TEXT} NOT NULL,
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
  integration_id ${TEXT} NOT NULL,
  customer_id ${TEXT} NOT NULL,
  customer_site_id ${TEXT} NOT NULL,
  device_id ${TEXT},
  received_at ${TEXT} NOT NULL,
  released boolean NOT NULL,
  body text NOT NULL
);

CREATE TABLE ingest.quarantined_event (
  sequence bigint PRIMARY KEY,
  integration_id ${TEXT} NOT NULL,
  org_id ${TEXT} NOT NULL,
  site_id ${TEXT} NOT NULL,
  device_id ${TEXT},
  received_at ${TEXT} NOT NULL,
  body text NOT NULL
);
CREATE INDEX quarantined_event_place ON ingest.quarantined_event (integration_id, org_id, site_id, sequence);

-- customer_id is NULL for a change of status of a device that is no customer's: kept for its history alone.
CREATE TABLE ingest.change (
  sequence bigint PRIMARY KEY,
  kind ${TEXT} NOT NULL,
  integration_id ${TEXT} NOT NULL,
  customer_id ${TEXT},
  customer_site_id ${TEXT},
  device_id ${TEXT},
  changed_at ${TEXT} NOT NULL,
  data text NOT NULL
);
CREATE INDEX change_status ON ingest.change (integration_id, device_id, sequence) WHERE kind = 'device_status';

CREATE TABLE ingest.site (
  integration_id ${TEXT} NOT NULL,
  site_id ${TEXT} NOT NULL,
  org_id ${TEXT} NOT NULL,
  name text,
  record text NOT NULL,
  PRIMARY KEY (integration_id, site_id)
);

-- Its facts are NULL for a device that only events have told of; its observation is, where its status is not known.
CREATE TABLE ingest.device (
  ${DEVICE_COLUMNS.map((column) => `${column} ${TEXT}${NOT_NULL.has(column) ? " NOT NULL" : ""}`).join(",\n  ")},
  PRIMARY KEY (integration_id, device_id)
) WITH (fillfactor = 80);
CREATE INDEX device_place ON ingest.device (integration_id, org_id, site_id);
CREATE INDEX device_customer ON ingest.device (customer_id, customer_site_id) WHERE customer_id IS NOT NULL;
CREATE INDEX device_held ON ingest.device (integration_id, device_id) WHERE held_since IS NOT NULL;

CREATE TABLE ingest.device_record (
  integration_id ${TEXT} NOT NULL,
  device_id ${TEXT} NOT NULL,
  record text NOT NULL,
  PRIMARY KEY (integration_id, device_id)
);

-- What a dead process has staged is in nobody's way, and forgotten with the next sync.
CREATE TABLE ingest.staged_device (
  sync_id ${TEXT} NOT NULL,
  device_id ${TEXT} NOT NULL,
  integration_id ${TEXT} NOT NULL,
  staged text NOT NULL,
  PRIMARY KEY (sync_id, device_id)
);
CREATE INDEX staged_device_integration ON ingest.staged_device (integration_id);
CREATE TABLE ingest.staged_gone (
  sync_id ${TEXT} NOT NULL,
  device_id ${TEXT} NOT NULL,
  integration_id ${TEXT} NOT NULL,
  gone_at ${TEXT} NOT NULL,
  PRIMARY KEY (sync_id, device_id)
);
CREATE INDEX staged_gone_integration ON ingest.staged_gone (integration_id);

CREATE TABLE ingest.sync_state (
  integration_id ${TEXT} PRIMARY KEY,
  state text NOT NULL
);
CREATE TABLE ingest.sync_outcome (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  integration_id ${TEXT} NOT NULL,
  outcome text NOT NULL
);
CREATE INDEX sync_outcome_integration ON ingest.sync_outcome (integration_id, sequence);

-- When webhooks were taken and refused last, by integration.
CREATE TABLE ingest.last_webhook (
  integration_id ${TEXT} PRIMARY KEY,
  taken_at ${TEXT},
  refused_at ${TEXT}
);

CREATE TABLE ingest.lease (
  name ${TEXT} PRIMARY KEY,
  owner text NOT NULL,
  until timestamptz NOT NULL
);

CREATE TABLE ingest.refused_delivery (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  integration_id ${TEXT} NOT NULL,
  received_at ${TEXT} NOT NULL,
  status integer NOT NULL,
  code text NOT NULL,
  detail text NOT NULL,
  diagnosis text,
  signed boolean NOT NULL,
  body text NOT NULL
);
CREATE INDEX refused_delivery_integration ON ingest.refused_delivery (integration_id, sequence);

CREATE TABLE ingest.subscriber (
  subscriber_id ${TEXT} PRIMARY KEY,
  url text NOT NULL,
  customer_id ${TEXT},
  secret bytea NOT NULL,
  position bigint NOT NULL,
  created_at ${TEXT} NOT NULL
);

CREATE TABLE ingest.token (
  token_id ${TEXT} PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  created_at ${TEXT} NOT NULL
);
`;
