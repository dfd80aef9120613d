import type { Database } from "better-sqlite3";
import { DeliveryError } from "../../errors.ts";
import type { NewEvent } from "../../event.ts";
import type { DeadLetter, Kept, OutboxStore, PublishedEvent } from "../store.ts";

/** SQL condition: endpoint `p` subscribes to event `e`. */
export const WANTED = `
  CASE WHEN e.endpoint_id IS NULL
    THEN (p.org_ids IS NULL OR e.org_id IN (SELECT value FROM json_each(p.org_ids)))
     AND (p.event_types IS NULL OR e.type IN (SELECT value FROM json_each(p.event_types)))
    ELSE e.endpoint_id = p.endpoint_id
  END`;

type Events = Pick<OutboxStore, "keepEvents" | "deadLetters" | "published" | "replay" | "prune">;

/** Prepares the queries that store and read events. For `+?` and `? + 0`, see `createDeliveryQueries`. */
export function createEventQueries(database: Database): Events {
  const insert = database.prepare(`
    INSERT INTO event (event_id, org_id, type, order_key, body, bytes, endpoint_id, kept_at)
    VALUES (:eventId, :orgId, :type, :orderKey, :body, :bytes, :endpointId, :now)
    ON CONFLICT (event_id) DO NOTHING
  `);
  const bodyOf = database.prepare<[string], string>("SELECT body FROM event WHERE event_id = ?").pluck();
  const fanOut = database
    .prepare<[number, number | bigint], string>(`
      INSERT INTO delivery (endpoint_id, sequence, due_at)
      SELECT p.endpoint_id, e.sequence, ? FROM event e, endpoint p
      WHERE e.sequence = +? AND p.state = 'active' AND ${WANTED}
      RETURNING endpoint_id
    `)
    .pluck();
  const revive = database.prepare(`
    UPDATE delivery SET state = 'queued', batch_id = NULL, attempts = 0, due_at = :now, settled_at = NULL
    WHERE endpoint_id = :endpointId AND state = 'dead'
      AND sequence IN (SELECT sequence FROM event WHERE kept_at >= :since)
  `);
  const addMissing = database.prepare(`
    INSERT INTO delivery (endpoint_id, sequence, due_at)
    SELECT p.endpoint_id, e.sequence, :now FROM event e, endpoint p
    WHERE e.kept_at >= +:since AND p.endpoint_id = +:endpointId AND ${WANTED}
    ORDER BY e.sequence
    ON CONFLICT (sequence, endpoint_id) DO NOTHING
  `);
  const dead = database.prepare<[string, number], DeadLetter>(`
    SELECT e.event_id AS eventId, e.type, e.org_id AS orgId, d.attempts, d.failure, d.settled_at AS diedAt
    FROM delivery d JOIN event e USING (sequence)
    WHERE d.endpoint_id = +? AND d.state = 'dead' ORDER BY d.settled_at DESC, d.delivery_id DESC LIMIT ? + 0
  `);
  const published = database.prepare<[object], PublishedEvent>(`
    SELECT sequence, event_id AS eventId, type, org_id AS orgId, kept_at AS publishedAt, body FROM event
    WHERE sequence > :afterSequence AND kept_at >= :since AND endpoint_id IS NULL
      AND (:orgIds IS NULL OR org_id IN (SELECT value FROM json_each(:orgIds)))
    ORDER BY sequence LIMIT :limit + 0
  `);
  const giveUp = database.prepare(`
    UPDATE delivery SET state = 'dead', failure = 'not delivered while its event was kept', settled_at = :now
    WHERE state IN ('queued', 'scheduled', 'batched') AND due_at < :before
      AND sequence IN (SELECT sequence FROM event WHERE kept_at < :before ORDER BY kept_at LIMIT :limit + 0)
  `);
  const forget = database.prepare(`
    DELETE FROM event WHERE sequence IN (
      SELECT sequence FROM event e WHERE kept_at < :before AND NOT EXISTS (
        SELECT 1 FROM delivery d WHERE d.sequence = e.sequence
          AND (d.state IN ('queued', 'scheduled', 'batched') OR d.state = 'dead' AND d.settled_at >= :before))
      ORDER BY kept_at LIMIT :limit + 0)
  `);
  const prune = database.transaction((question: { before: number; now: number; limit: number }) => {
    giveUp.run(question);
    return forget.run({ before: question.before, limit: question.limit }).changes;
  });

  const keep = (event: NewEvent, now: number): Kept => {
    const { changes, lastInsertRowid } = insert.run({ ...event, now });
    if (changes > 0) return { kind: "kept", endpointIds: fanOut.all(now, lastInsertRowid) };
    return { kind: bodyOf.get(event.eventId) === event.body ? "known" : "reused" };
  };
  const keepAll = database.transaction((events: readonly NewEvent[], now: number) =>
    events.map((event) => keep(event, now)),
  );
  const replay = database.transaction(
    (question: { endpointId: string; since: number; now: number }) =>
      revive.run(question).changes + addMissing.run(question).changes,
  );

  return {
    async keepEvents(events, now, client) {
      if (client !== undefined)
        throw new DeliveryError(
          "invalid_option",
          "On SQLite, an event cannot join your transaction: omit client.",
        );
      return keepAll.immediate(events, now);
    },
    async deadLetters(endpointId, limit) {
      return dead.all(endpointId, limit);
    },
    async published({ orgIds, ...query }) {
      return published.all({ ...query, orgIds: orgIds && JSON.stringify(orgIds) });
    },
    async replay(endpointId, since, now) {
      return replay.immediate({ endpointId, since, now });
    },
    async prune(before, now, limit) {
      return prune.immediate({ before, now, limit });
    },
  };
}
