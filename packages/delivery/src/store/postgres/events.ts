import type { NewEvent } from "../../event.ts";
import type { DeadLetter, Kept, OutboxStore, PublishedEvent } from "../store.ts";
import { type GuardedPool, type PostgresClient, queryRows, runInTransaction } from "./connection.ts";

/** SQL condition: endpoint `p` subscribes to event `e`. */
export const WANTED = `
  CASE WHEN e.endpoint_id IS NULL
    THEN (p.org_ids IS NULL OR e.org_id = ANY (p.org_ids))
     AND (p.event_types IS NULL OR e.type = ANY (p.event_types))
    ELSE e.endpoint_id = p.endpoint_id
  END`;

const DEADLOCK = "40P01";
const MAX_TRIES = 5;

/**
 * Retries after a deadlock: two processes that store the same events in a different order block each other,
 * and PostgreSQL aborts one. Storing events in key order would avoid the deadlock, but would change the order
 * of delivery.
 */
async function retryAfterDeadlock<Result>(keep: () => Promise<Result>, tries = 1): Promise<Result> {
  try {
    return await keep();
  } catch (error) {
    const isDeadlock = error instanceof Error && "code" in error && error.code === DEADLOCK;
    if (!isDeadlock || tries === MAX_TRIES) throw error;
    return retryAfterDeadlock(keep, tries + 1);
  }
}

type Events = Pick<
  OutboxStore<PostgresClient>,
  "keepEvents" | "deadLetters" | "published" | "replay" | "prune"
>;

/** Prepares the queries that store and read events. @param slow for queries that may change many rows */
export function createEventQueries(pool: GuardedPool, slow: GuardedPool, schema: string): Events {
  /**
   * Uses a single statement, so that everything is stored in one transaction even if the caller has not
   * started one.
   */
  const KEEP = `
    WITH e AS (
      INSERT INTO ${schema}.event (event_id, org_id, type, order_key, body, bytes, endpoint_id, kept_at)
      SELECT event_id, org_id, type, order_key, body, bytes, endpoint_id, $8
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[])
        WITH ORDINALITY AS given (event_id, org_id, type, order_key, body, bytes, endpoint_id, n)
      ORDER BY n
      ON CONFLICT (event_id) DO NOTHING
      RETURNING sequence, event_id, org_id, type, endpoint_id
    ), fanned AS (
      INSERT INTO ${schema}.delivery (endpoint_id, sequence, due_at)
      SELECT p.endpoint_id, e.sequence, $8 FROM e JOIN ${schema}.endpoint p ON p.state = 'active' AND ${WANTED}
      ORDER BY e.sequence
      RETURNING endpoint_id, sequence
    )
    SELECT e.event_id AS "eventId", array_remove(array_agg(fanned.endpoint_id), NULL) AS "endpointIds"
    FROM e LEFT JOIN fanned USING (sequence) GROUP BY e.event_id
  `;
  const SAME = `
    SELECT event_id AS "eventId", body FROM ${schema}.event
    JOIN unnest($1::text[], $2::text[]) AS given (event_id, body) USING (event_id, body)
  `;
  const DEAD = `
    SELECT e.event_id AS "eventId", e.type, e.org_id AS "orgId", d.attempts, d.failure,
           d.settled_at::float8 AS "diedAt"
    FROM ${schema}.delivery d JOIN ${schema}.event e USING (sequence)
    WHERE d.endpoint_id = $1 AND d.state = 'dead' ORDER BY d.settled_at DESC, d.delivery_id DESC LIMIT $2
  `;
  const PUBLISHED = `
    SELECT sequence::float8 AS "sequence", event_id AS "eventId", type, org_id AS "orgId",
           kept_at::float8 AS "publishedAt", body
    FROM ${schema}.event
    WHERE sequence > $1 AND kept_at >= $2 AND endpoint_id IS NULL AND ($3::text[] IS NULL OR org_id = ANY ($3))
    ORDER BY ${schema}.event.sequence LIMIT $4
  `;
  const REVIVE = `
    UPDATE ${schema}.delivery d
    SET state = 'queued', batch_id = NULL, attempts = 0, due_at = $3, settled_at = NULL
    FROM ${schema}.event e
    WHERE e.sequence = d.sequence AND e.kept_at >= $2 AND d.endpoint_id = $1 AND d.state = 'dead'
    RETURNING 1
  `;
  const ADD_MISSING = `
    INSERT INTO ${schema}.delivery (endpoint_id, sequence, due_at)
    SELECT p.endpoint_id, e.sequence, $3 FROM ${schema}.event e, ${schema}.endpoint p
    WHERE e.kept_at >= $2 AND p.endpoint_id = $1 AND ${WANTED}
    ORDER BY e.sequence
    ON CONFLICT (sequence, endpoint_id) DO NOTHING
    RETURNING 1
  `;
  const GIVE_UP = `
    UPDATE ${schema}.delivery SET state = 'dead', failure = 'not delivered while its event was kept', settled_at = $2
    WHERE state IN ('queued', 'scheduled', 'batched') AND due_at < $1
      AND sequence IN (SELECT sequence FROM ${schema}.event WHERE kept_at < $1 ORDER BY kept_at LIMIT $3)
  `;
  const FORGET = `
    DELETE FROM ${schema}.event WHERE sequence IN (
      SELECT sequence FROM ${schema}.event e WHERE kept_at < $1 AND NOT EXISTS (
        SELECT FROM ${schema}.delivery d WHERE d.sequence = e.sequence
          AND (d.state IN ('queued', 'scheduled', 'batched') OR d.state = 'dead' AND d.settled_at >= $1))
      ORDER BY kept_at LIMIT $2)
    RETURNING 1
  `;

  async function keep(client: PostgresClient, events: readonly NewEvent[], now: number): Promise<Kept[]> {
    const column = (name: keyof NewEvent) => events.map((event) => event[name]);
    const columns = (["eventId", "orgId", "type", "orderKey", "body", "bytes", "endpointId"] as const).map(
      column,
    );
    const rows = await queryRows<{ eventId: string; endpointIds: string[] }>(client, KEEP, [...columns, now]);
    const kept = new Map(rows.map(({ eventId, endpointIds }) => [eventId, endpointIds]));
    if (kept.size === events.length) {
      return events.map(({ eventId }) => ({ kind: "kept", endpointIds: kept.get(eventId) ?? [] }));
    }
    // Some of the events were stored before, or occur twice in this group. Compares the bytes of those events
    // with the stored bytes.
    const same = await queryRows<{ eventId: string; body: string }>(client, SAME, [
      column("eventId"),
      column("body"),
    ]);
    const stored = new Set(same.map(({ eventId, body }) => `${eventId}\n${body}`));
    return events.map(({ eventId, body }) => {
      if (!stored.has(`${eventId}\n${body}`)) return { kind: "reused" };
      const endpointIds = kept.get(eventId);
      return endpointIds ? { kind: "kept", endpointIds } : { kind: "known" };
    });
  }

  return {
    keepEvents: (events, now, client) =>
      client ? keep(client, events, now) : retryAfterDeadlock(() => keep(pool, events, now)),
    deadLetters: (endpointId, limit) => queryRows<DeadLetter>(pool, DEAD, [endpointId, limit]),
    published: ({ afterSequence, since, orgIds, limit }) =>
      queryRows<PublishedEvent>(pool, PUBLISHED, [afterSequence, since, orgIds, limit]),
    replay: (endpointId, since, now) =>
      runInTransaction(slow, async (client) => {
        const revived = await queryRows(client, REVIVE, [endpointId, since, now]);
        const added = await queryRows(client, ADD_MISSING, [endpointId, since, now]);
        return revived.length + added.length;
      }),
    prune: (before, now, limit) =>
      runInTransaction(slow, async (client) => {
        await client.query(GIVE_UP, [before, now, limit]);
        return (await queryRows(client, FORGET, [before, limit])).length;
      }),
  };
}
