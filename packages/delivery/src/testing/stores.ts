import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type TestPostgres } from "@convergint/testing/postgres";
import { Pool } from "pg";
import { createPostgresStore, type PostgresClient } from "../store/postgres/index.ts";
import { createSqliteStore } from "../store/sqlite/index.ts";
import type { OutboxStore } from "../store/store.ts";

/** A database for one test, which any number of stores may open. */
export interface TestDatabase {
  open(): Promise<OutboxStore<PostgresClient>>;
  /**
   * The address for a child process: `sqlite:…`, or `postgres:…` followed by a space and the schema's name.
   */
  readonly address: string;
  /** Only on PostgreSQL. */
  readonly pool: Pool | undefined;
  drop(): Promise<void>;
}

/** A kind of database, started once per test file. */
export interface TestServer {
  database(): TestDatabase;
  readonly postgres: TestPostgres | undefined;
  stop(): Promise<void>;
}

/** Makes a SQLite file for each test. */
async function startSqlite(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "outbox-sqlite-"));
  return {
    database() {
      const path = join(folder, `${randomUUID()}.sqlite`);
      return {
        open: () => createSqliteStore({ path }) as Promise<OutboxStore<PostgresClient>>,
        address: `sqlite:${path}`,
        pool: undefined,
        drop: async () => {},
      };
    },
    postgres: undefined,
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Makes a PostgreSQL schema for each test; `undefined` if the binary is missing. */
async function startPostgresServer(): Promise<TestServer | undefined> {
  const postgres = await startPostgres();
  if (postgres === undefined) return undefined;
  return {
    database() {
      const schema = `outbox_${randomUUID().replaceAll("-", "")}`;
      const pool = new Pool({ connectionString: postgres.connectionString, max: 10 });
      // The pool's connections close shortly after the pool ends. If the server stops before
      // that, they report an error, which is ignored.
      pool.on("connect", (client) => client.on("error", () => {}));
      pool.on("error", () => {});
      return {
        open: () => createPostgresStore({ pool, schema }),
        address: `${postgres.connectionString} ${schema}`,
        pool,
        drop: () => pool.end(),
      };
    },
    postgres,
    stop: () => postgres.stop(),
  };
}

/** The databases on which every test of the outbox runs. */
export const SERVERS = [
  ["SQLite", startSqlite],
  ["PostgreSQL", startPostgresServer],
] as const;
