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

/** Makes the function that lets an observation act on a device's stored status, inside the caller's transaction. */
export function statusTable(database: Database) {
  const select = database.prepare<[string, string], StatusRow>(
    "SELECT * FROM device_status WHERE integration_id = ? AND device_id = ?",
  );
  const upsert = database.prepare(`
    INSERT OR REPLACE INTO device_status
      (integration_id, device_id, order_occurred_at, order_sequence, order_event_id, order_as_of,
       known_by, status, reason, occurred_at, last_seen_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  return (integrationId: string, deviceId: string, observed: Observation): void => {
    const row = select.get(integrationId, deviceId);
    const current = row ? toObservation(row) : null;
    const { order, knownBy, status, reason, occurredAt, lastSeenAt } = project(current, observed);
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
  };
}
