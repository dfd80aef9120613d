import type { Database } from "better-sqlite3";
import type { Observation } from "../../status/observation.ts";
import { project } from "../../status/project.ts";

interface StatusRow {
  readonly order_occurred_at: string;
  readonly order_sequence: string;
  readonly order_event_id: string;
  readonly order_as_of: string;
  readonly known_by: string;
  readonly status: string;
  readonly reason: string | null;
  readonly occurred_at: string;
  readonly last_seen_at: string | null;
}

const toObservation = (row: StatusRow): Observation => ({
  order: {
    occurredAt: row.order_occurred_at,
    sequence: row.order_sequence,
    eventId: row.order_event_id,
    asOf: row.order_as_of,
  },
  knownBy: row.known_by as Observation["knownBy"],
  status: row.status as Observation["status"],
  reason: row.reason,
  occurredAt: row.occurred_at,
  lastSeenAt: row.last_seen_at,
});

/** What is known of devices' statuses, inside the caller's transaction. */
export interface StatusTable {
  /** What is known of one device; `null` where nothing is. */
  current(integrationId: string, deviceId: string): Observation | null;
  /** Lets an observation act on what is known. @param known what {@link StatusTable.current} says */
  observe(integrationId: string, deviceId: string, observed: Observation, known: Observation | null): void;
}

export function statusTable(database: Database): StatusTable {
  const select = database.prepare<[string, string], StatusRow>(
    "SELECT * FROM device_status WHERE integration_id = ? AND device_id = ?",
  );
  const upsert = database.prepare(`
    INSERT INTO device_status
      (integration_id, device_id, order_occurred_at, order_sequence, order_event_id, order_as_of,
       known_by, status, reason, occurred_at, last_seen_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
      order_occurred_at = excluded.order_occurred_at, order_sequence = excluded.order_sequence,
      order_event_id = excluded.order_event_id, order_as_of = excluded.order_as_of, known_by = excluded.known_by,
      status = excluded.status, reason = excluded.reason, occurred_at = excluded.occurred_at,
      last_seen_at = excluded.last_seen_at`);
  return {
    current(integrationId, deviceId) {
      const row = select.get(integrationId, deviceId);
      return row ? toObservation(row) : null;
    },
    observe(integrationId, deviceId, observed, known) {
      const { order, knownBy, status, reason, occurredAt, lastSeenAt } = project(known, observed);
      // An observation that comes late and says nothing new is not written.
      if (known && order === known.order && lastSeenAt === known.lastSeenAt) return;
      upsert.run(
        integrationId,
        deviceId,
        order.occurredAt,
        order.sequence,
        order.eventId,
        order.asOf,
        knownBy,
        status,
        reason,
        occurredAt,
        lastSeenAt,
      );
    },
  };
}
