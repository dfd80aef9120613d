import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type TestPostgres } from "@convergint/testing/postgres";
import { isDatabaseUrl } from "../config.ts";
import { openStore } from "../store/open-store.ts";
import { openPostgresStore } from "../store/postgres/open-store.ts";
import type { Store } from "../store/store.ts";

/** One kind of store, with its own database server or directory. */
export interface Backend {
  readonly name: "SQLite" | "PostgreSQL";
  /**
   * Starts the backend. Warns if PostgreSQL's binary is missing.
   *
   * @param options.durable whether PostgreSQL's commits wait for the disk; SQLite's always do
   * @returns whether the backend is available
   */
  start(options?: { readonly durable?: boolean }): Promise<boolean>;
  /** Creates an empty database. @returns the database's path or URL */
  database(): Promise<string>;
  /**
   * Drops every connection and restarts with the committed data. Only PostgreSQL needs this; for SQLite, it
   * does nothing.
   */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

function sqliteBackend(): Backend {
  let folder = "";
  return {
    name: "SQLite",
    async start() {
      folder = await mkdtemp(join(tmpdir(), "ingest-store-"));
      return true;
    },
    database: async () => join(folder, `${randomUUID()}.db`),
    restart: async () => {},
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

function postgresBackend(): Backend {
  let postgres: TestPostgres | undefined;
  return {
    name: "PostgreSQL",
    async start(options) {
      postgres = await startPostgres(options);
      return postgres !== undefined;
    },
    async database() {
      if (!postgres) throw new Error("PostgreSQL was not started.");
      return postgres.createDatabase();
    },
    restart: async () => postgres?.restart(),
    stop: async () => postgres?.stop(),
  };
}

export const BACKENDS: readonly Backend[] = [sqliteBackend(), postgresBackend()];

/** Limits of time that no test reaches, however busy the machine is. */
export const NO_LIMITS = { connectMs: 600_000, commitMs: 600_000 };

const fail = (error: Error) => {
  throw error;
};

/** Opens a store. If the store reports a fatal error, the test fails. */
export const openTestStore = (database: string): Promise<Store> =>
  isDatabaseUrl(database) ? openPostgresStore(database, fail, NO_LIMITS) : openStore(database, fail);

/** Adds an integration with arbitrary settings. @returns the integration's id */
export async function addIntegration(store: Store, name = "vendor"): Promise<string> {
  const integrationId = `int_${randomUUID()}`;
  await store.integrations.add({
    integrationId,
    name,
    baseUrl: "https://vendor.example",
    credential: Buffer.from("sealed"),
    profile: null,
    webhookSecrets: [{ secret: Buffer.from("sealed"), addedAt: new Date().toISOString(), expiresAt: null }],
    webhookEndpointId: null,
    pollSeconds: 300,
    fastPollSeconds: 60,
    silenceSeconds: 900,
    createdAt: new Date().toISOString(),
    revision: 1,
  });
  return integrationId;
}

/** Records from before the store knew systems, by device. PostgreSQL cannot read the JSON of "d". */
export const SYSTEM_RECORDS: readonly (readonly [string, string])[] = [
  ["a", JSON.stringify({ name: "A", system_id: "s1", system_name: "North" })],
  ["b", JSON.stringify({ name: "B", system_id: 7, system_name: null })],
  ["c", JSON.stringify({ name: "C" })],
  ["d", JSON.stringify({ name: "D\ud800\0", system_id: null })],
];

export const MIGRATED_SYSTEMS = [
  { device_id: "a", system_id: "s1", system_name: "North" },
  ...["b", "c", "d"].map((device_id) => ({ device_id, system_id: null, system_name: null })),
];
