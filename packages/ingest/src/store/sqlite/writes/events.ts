import type { Database } from "better-sqlite3";
import { applyEvents } from "../../../domain/apply-events.ts";
import type { AcceptedEvent, Committed } from "../../../domain/event.ts";
import { mergeOutcomes } from "../../../domain/event.ts";
import { toDay } from "../../digest.ts";
import { deviceTable } from "../device-table.ts";
import { type PackedEvent, unpackEvent } from "../packed-events.ts";
import { COUNT_UNMAPPED } from "./mappings.ts";

/** Makes the transaction that stores a batch of events, each with its effect, or nothing of them. */
export function eventWrites(database: Database) {
  const numberOf = database
    .prepare<[string], number>("SELECT number FROM integration WHERE integration_id = ?")
    .pluck();
  const claim = database.prepare(
    "INSERT OR IGNORE INTO ledger (integration, event_key, day) VALUES (?, unhex(?), ?)",
  );
  const taken = database.prepare(`
    INSERT INTO last_webhook (integration_id, taken_at) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET taken_at = max(excluded.taken_at, coalesce(taken_at, ''))`);
  const count = database.prepare(COUNT_UNMAPPED);
  const { open, committed } = deviceTable(database);

  /** Marks which events nobody knew; of two with one key, the first. */
  function claimed(events: readonly AcceptedEvent[]): boolean[] {
    const numbers = new Map<string, number>();
    const days = new Map<string, number>();
    return events.map(({ integrationId, key, receivedAt }) => {
      const number = numbers.get(integrationId) ?? numberOf.get(integrationId);
      if (number === undefined) throw new Error(`There is no integration ${integrationId}.`);
      numbers.set(integrationId, number);
      const day = days.get(receivedAt) ?? toDay(receivedAt);
      days.set(receivedAt, day);
      return claim.run(number, key, day).changes === 1;
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

  const commit = database.transaction((events: readonly AcceptedEvent[]): Committed => {
    const isNew = claimed(events);
    const fresh = events.filter((_, index) => isNew[index]);
    const devices = open();
    const effects = applyEvents(fresh, devices);
    devices.save(effects.devices, effects.feed);
    recordTaken(events);
    countUnknown(fresh);
    return { outcomes: mergeOutcomes(isNew, effects.outcomes), late: effects.late };
  });

  return {
    commitEvents(packed: readonly PackedEvent[]): Committed {
      const result = commit(packed.map(unpackEvent));
      committed();
      return result;
    },
  };
}
