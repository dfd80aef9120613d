import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@convergint/testing/postgres";
import { generateSecret } from "@convergint/webhooks";
import { batchRequests, eventRequests } from "./ingest-events.ts";
import { type Contender, measureInRounds, print, start } from "./ingest-rounds.ts";

const CONNECTIONS = 256;
const EVENTS = 20_000;
const BATCHES = 400;
const BATCH_SIZE = 100;
const BATCH_CONNECTIONS = 64;

/** Measures acknowledged events per second, compared with a minimal receiver and with the server without a store. */
export async function ingest(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-ingest-"));
  const postgres = await startPostgres({ durable: true });
  const inServer = (name: string, database: () => Promise<string>, keeps = "events"): Contender => ({
    name,
    start: async () => start("./ingest-server.ts", await database(), keeps),
  });
  const file = async () => join(folder, `${randomUUID()}.db`);
  const contenders: readonly Contender[] = [
    inServer("server without a store", file, "nothing"),
    inServer("server on SQLite", file),
    ...(postgres ? [inServer("server on PostgreSQL", () => postgres.createDatabase())] : []),
    { name: "floor: node:http, HMAC, JSON.parse", start: () => start("./ingest-floor.ts", generateSecret()) },
  ];
  try {
    print(
      `single events, ${CONNECTIONS} in flight`,
      await measureInRounds(
        contenders,
        ({ path, secret }) => eventRequests(EVENTS, path, secret),
        CONNECTIONS,
      ),
    );
    print(
      `batches of ${BATCH_SIZE}, ${BATCH_CONNECTIONS} in flight`,
      await measureInRounds(
        contenders.slice(0, -1),
        ({ path, secret }) => batchRequests(BATCHES, BATCH_SIZE, path, secret),
        BATCH_CONNECTIONS,
      ),
      BATCH_SIZE,
    );
  } finally {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
