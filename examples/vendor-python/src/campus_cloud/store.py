"""The database: one SQLite file that holds the inventory, the events, the endpoints and the outbox."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

_SCHEMA = """
CREATE TABLE IF NOT EXISTS counter (seq INTEGER NOT NULL);
INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);

CREATE TABLE IF NOT EXISTS orgs (org_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sites (site_id TEXT PRIMARY KEY, org_id TEXT NOT NULL, record TEXT NOT NULL);

-- reported_status is what the device said last; the status in record may hide it while a connector is down.
CREATE TABLE IF NOT EXISTS devices (
  device_id TEXT PRIMARY KEY, org_id TEXT NOT NULL, site_id TEXT NOT NULL, system_id TEXT,
  type TEXT NOT NULL, parent_device_id TEXT, record TEXT NOT NULL,
  reported_status TEXT NOT NULL, reported_reason TEXT,
  heartbeat_event_id TEXT, heartbeat_at INTEGER,
  changed_seq INTEGER NOT NULL, removed_at INTEGER
);
CREATE INDEX IF NOT EXISTS devices_by_parent ON devices (parent_device_id);
CREATE TABLE IF NOT EXISTS moves (
  device_id TEXT NOT NULL, left_site_id TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS moves_by_site ON moves (left_site_id, seq);
CREATE TABLE IF NOT EXISTS conditions (
  device_id TEXT NOT NULL, kind TEXT NOT NULL, condition_id TEXT NOT NULL, condition_type TEXT NOT NULL,
  PRIMARY KEY (device_id, kind)
);

CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL, org_id TEXT NOT NULL,
  published_at INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_by_time ON events (published_at);

CREATE TABLE IF NOT EXISTS credentials (
  key_hash TEXT PRIMARY KEY, credential_id TEXT NOT NULL, tenant TEXT NOT NULL,
  sandbox INTEGER NOT NULL, revoked INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS endpoints (
  endpoint_id TEXT PRIMARY KEY, credential_id TEXT NOT NULL, tenant TEXT NOT NULL, url TEXT NOT NULL,
  org_id TEXT, event_types TEXT, created_at INTEGER NOT NULL, stopped_reason TEXT
);
-- Only the number of each secret: the secret itself is derived from the master key (see endpoints.py).
CREATE TABLE IF NOT EXISTS secrets (
  endpoint_id TEXT NOT NULL, number INTEGER NOT NULL, expires_at INTEGER, PRIMARY KEY (endpoint_id, number)
);
CREATE TABLE IF NOT EXISTS deliveries (
  delivery_id INTEGER PRIMARY KEY, endpoint_id TEXT NOT NULL, event_id TEXT NOT NULL, body TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (endpoint_id, due_at);
"""


class Store:
    """All calls come from the event loop's thread, so a transaction never overlaps another."""

    def __init__(self, path: str, one_thread: bool = True) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=one_thread)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self.db.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        return self.db.execute(sql, values).fetchone()

    def run(self, sql: str, *values: object) -> int:
        return self.db.execute(sql, values).rowcount

    def next_seq(self) -> int:
        return self.one("UPDATE counter SET seq = seq + 1 RETURNING seq")[0]

    def current_seq(self) -> int:
        return self.one("SELECT seq FROM counter")[0]

    def close(self) -> None:
        self.db.close()


def to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
