import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@convergint/ingest";
import { startPostgres } from "@convergint/testing/postgres";
import Sqlite from "better-sqlite3";
import pg from "pg";
import { eventRequests } from "./ingest-events.ts";
import { type Contender, measureInRounds, print, start } from "./ingest-rounds.ts";

const SHORT = 10_000;
const LONG = 10_000_000;
const CONNECTIONS = 256;
const EVENTS = 20_000;
/** The event's body. It has the same length as the body of a typical event. */
const BODY = "x".repeat(420);

const fail = (error: Error) => {
  throw error;
};

/** Creates the tables by opening and closing a store, as a server does when it starts. */
async function migrate(database: string): Promise<void> {
  await (await openStore(database, fail)).close();
}

/** Stores events as if the server had received them, with random keys. */
async function fillSqlite(file: string, events: number): Promise<string> {
  await migrate(file);
  const database = new Sqlite(file);
  database.pragma("synchronous = OFF");
  database.pragma("cache_size = -1048576");
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${events})`;
  database.exec(`
    ${numbers} INSERT INTO ledger SELECT 1, randomblob(16), 20000 FROM numbers ORDER BY 2;
    ${numbers} INSERT INTO event SELECT n, 'int_of_the_history', 'customer', 'site', 'device', '2026-11-23T00:00:00.000Z', 0, '${BODY}' FROM numbers;
    UPDATE position SET last = ${events};`);
  database.close();
  return file;
}

async function fillPostgres(url: string, events: number): Promise<string> {
  await migrate(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("SET synchronous_commit = off");
  await client.query("SET maintenance_work_mem = '1GB'");
  await client.query("SET work_mem = '1GB'");
  await client.query(
    "INSERT INTO ingest.ledger SELECT 1, key, 20000 FROM (SELECT gen_random_uuid() AS key FROM generate_series(1, $1::bigint)) AS keys ORDER BY key",
    [events],
  );
  await client.query(
    `INSERT INTO ingest.event SELECT n, 'int_of_the_history', 'customer', 'site', 'device', '2026-11-23T00:00:00.000Z', false, $2
     FROM generate_series(1, $1::bigint) AS n`,
    [events, BODY],
  );
  await client.query("UPDATE ingest.position SET last = $1", [events]);
  await client.query("ANALYZE");
  await client.query("CHECKPOINT");
  await client.end();
  return url;
}

/** Measures the cost of storing an event in a small and in a large database. */
export async function ingestHistory(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-history-"));
  const postgres = await startPostgres({ durable: true });
  const onSqlite = (events: number): Contender => ({
    name: `SQLite, ${events.toLocaleString("en")} events before`,
    start: async () => start("./ingest-server.ts", await fillSqlite(join(folder, `${events}.db`), events)),
  });
  const requests = ({ path, secret }: { path: string; secret: string }) =>
    eventRequests(EVENTS, path, secret);
  try {
    console.log(`\nfilling ${LONG.toLocaleString("en")} events takes minutes`);
    print(
      "single events on SQLite",
      await measureInRounds([onSqlite(SHORT), onSqlite(LONG)], requests, CONNECTIONS),
    );
    if (!postgres) return;
    const onPostgres = (events: number): Contender => ({
      name: `PostgreSQL, ${events.toLocaleString("en")} events before`,
      start: async () =>
        start("./ingest-server.ts", await fillPostgres(await postgres.createDatabase(), events)),
    });
    print(
      "single events on PostgreSQL",
      await measureInRounds([onPostgres(SHORT), onPostgres(LONG)], requests, CONNECTIONS),
    );
  } finally {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
