import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import type { AcceptedEvent } from "../store.ts";
import { statusTable } from "./status-table.ts";

/** The idempotency key, `source` and `id`, as 16 bytes: a long key would halve the speed of a large ledger. */
const eventKey = ({ source, eventId }: AcceptedEvent): Buffer =>
  createHash("sha256")
    .update(JSON.stringify([source, eventId]))
    .digest()
    .subarray(0, 16);

/** Makes the transaction that stores a batch of events, each with its effect, or nothing of them. */
export function eventCommitter(database: Database) {
  const claim = database.prepare("INSERT OR IGNORE INTO ledger (integration_id, event_key) VALUES (?, ?)");
  const insert = database.prepare("INSERT INTO event (integration_id, received_at, body) VALUES (?, ?, ?)");
  // A device first seen in an event exists from then on; its inventory record fills in the rest.
  const meet = database.prepare(
    "INSERT OR IGNORE INTO device (integration_id, device_id, org_id, site_id, lifecycle) VALUES (?, ?, ?, ?, 'active')",
  );
  const { current, observe } = statusTable(database);
  return database.transaction((events: readonly AcceptedEvent[]) => {
    for (const event of events) {
      const { integrationId, body, receivedAt, observed } = event;
      const isNew = claim.run(integrationId, eventKey(event)).changes === 1;
      if (!isNew) continue;
      insert.run(integrationId, receivedAt, body);
      if (!observed) continue;
      const known = current(integrationId, observed.deviceId);
      if (known === null) meet.run(integrationId, observed.deviceId, observed.orgId, observed.siteId);
      observe(integrationId, observed.deviceId, observed.observation, known);
    }
  });
}
