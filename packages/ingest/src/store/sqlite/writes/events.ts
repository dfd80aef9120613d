import type { Database } from "better-sqlite3";
import { commitBatch } from "../../../device/commit-batch.ts";
import { dayOf, eventKey } from "../../event-key.ts";
import { outcomesOf } from "../../event-outcomes.ts";
import type { AcceptedEvent, Committed } from "../../event-store.ts";
import { deviceTable } from "../device-table.ts";
import { COUNT_UNMAPPED } from "./mappings.ts";

/** Makes the transaction that stores a batch of events, each with its effect, or nothing of them. */
export function eventWrites(database: Database) {
  const numberOf = database
    .prepare<[string], number>("SELECT number FROM integration WHERE integration_id = ?")
    .pluck();
  const claim = database.prepare(
    "INSERT OR IGNORE INTO ledger (integration, event_key, day) VALUES (?, ?, ?)",
  );
  const taken = database.prepare(`
    INSERT INTO last_webhook (integration_id, taken_at) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET taken_at = max(excluded.taken_at, coalesce(taken_at, ''))`);
  const count = database.prepare(COUNT_UNMAPPED);
  const open = deviceTable(database);

  /** Marks which events nobody knew; of two with one key, the first. */
  function claimed(events: readonly AcceptedEvent[]): boolean[] {
    const numbers = new Map<string, number>();
    return events.map((event) => {
      const number = numbers.get(event.integrationId) ?? numberOf.get(event.integrationId);
      if (number === undefined) throw new Error(`There is no integration ${event.integrationId}.`);
      numbers.set(event.integrationId, number);
      return claim.run(number, eventKey(event), dayOf(event.receivedAt)).changes === 1;
    });
  }

  function recordTaken(events: readonly AcceptedEvent[]): void {
    const latest = new Map<string, string>();
    for (const { integrationId, receivedAt, byWebhook } of events) {
      if (byWebhook && receivedAt > (latest.get(integrationId) ?? "")) latest.set(integrationId, receivedAt);
    }
    for (const [integrationId, at] of latest) taken.run(integrationId, at);
  }

  function countUnknown(events: readonly AcceptedEvent[]): void {
    for (const { integrationId, receivedAt, unknownWords } of events) {
      for (const { kind, word } of unknownWords) count.run(integrationId, kind, word, 1, receivedAt);
    }
  }

  return {
    commitEvents: database.transaction((events: readonly AcceptedEvent[]): Committed => {
      const isNew = claimed(events);
      const fresh = events.filter((_, index) => isNew[index]);
      const devices = open();
      const effects = commitBatch(fresh, devices);
      devices.save(effects.devices, effects.told);
      recordTaken(events);
      countUnknown(fresh);
      return { outcomes: outcomesOf(isNew, effects.outcomes), late: effects.late };
    }),
  };
}
