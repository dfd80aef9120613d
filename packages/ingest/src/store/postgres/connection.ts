import { dropIdle } from "@convergint/internal/postgres-failure";
import pg from "pg";
import { isOutage, StoreError } from "../store.ts";
import { QUICK_MS, queryRows, SLOW_MS, sendQuery, toUnavailable } from "./query.ts";
import {
  type Client,
  ignore,
  runTransaction,
  type Transaction,
  type TransactionOptions,
} from "./transaction.ts";

export type { Client } from "./transaction.ts";

/** The time limits of connections and commits of events, in milliseconds. */
export interface Limits {
  /** For a new connection. */
  readonly connectMs: number;
  /** For each statement of a commit of events. */
  readonly commitMs: number;
}

export const DEFAULT_LIMITS: Limits = { connectMs: 5000, commitMs: 5000 };
const MAX_CONNECTIONS = 16;
/** How long a connection is silent before the operating system checks whether the other side still exists. */
const KEEP_ALIVE_MS = 10_000;
const BIGINT = 20;

/**
 * Writes the statement that sets the settings of a session. Behind a pooler such as PgBouncer, the statement sets
 * nothing and returns no row, because the pooler tells the client another process id than that of the session.
 *
 * @param processId the process id that the client was told when it connected
 */
const writeSettings = (processId: number | null): string => `
  SELECT
    -- An acknowledged event is on disk, even if the database's default is off. A stricter default stays.
    set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                                     ELSE current_setting('synchronous_commit') END, false),
    -- A process that dies within a transaction must not block the others for long.
    set_config('idle_in_transaction_session_timeout', '60s', false),
    -- Compiling a short statement with a high row estimate takes longer than running it.
    set_config('jit', 'off', false)
  WHERE pg_backend_pid() = ${processId ?? 0}`;

/**
 * Checks the one setting that a session behind a pooler cannot set for statements outside of transactions.
 *
 * @throws {StoreError} `store_gone` if PostgreSQL would acknowledge what is not on disk
 */
async function requireDurableCommits(client: pg.ClientBase, limitMs: number): Promise<void> {
  const query = "SELECT current_setting('synchronous_commit') AS value";
  const [row] = await queryRows<{ value: string }>(client, query, [], limitMs);
  if (row?.value !== "off") return;
  throw new StoreError(
    "store_gone",
    "The database's synchronous_commit is off, so an acknowledged event could be lost, and behind a connection pooler this server cannot change that for each statement. Run ALTER DATABASE … SET synchronous_commit = on, and restart the pooler.",
  );
}

/**
 * The first of the two numbers that identify an advisory lock. It is arbitrary and unlikely to be in use in
 * this database: the bytes of "ing".
 */
const LOCK_SPACE = 0x696e6700;

/**
 * Transactions that use an integration's bindings and mapping take this lock in shared mode; transactions
 * that change them take it in exclusive mode. The second number identifies the integration.
 */
export const INTEGRATION_LOCK = LOCK_SPACE + 1;
/** A process that migrates the schema takes this lock in exclusive mode. */
export const SCHEMA_LOCK = LOCK_SPACE + 2;

/** Begins a transaction in which all statements read the same snapshot. */
export const ONE_SNAPSHOT = {
  begin: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
  limitMs: QUICK_MS,
} as const;

interface NamedQuery {
  readonly table: string;
  readonly sql: string;
}

/** A pool of connections. Every call may throw a `StoreError`. */
export interface Database extends Client {
  /** Like `rows`, with a longer timeout. */
  slowRows<Row = unknown>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Reads the results of several queries from one snapshot, some rows at a time. */
  stream(
    queries: readonly NamedQuery[],
    rowsPerFetch: number,
  ): AsyncIterable<{ readonly table: string; readonly row: unknown }>;
  /** Runs one transaction. An error rolls it back. */
  transaction<Result>(
    work: (client: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Creates a pool, which connects on first use and replaces broken connections.
 *
 * @param shared the set to which connections are added that a pooler shares with other clients
 */
function createPool(url: string, { connectMs }: Limits, shared: WeakSet<pg.ClientBase>): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "convergint-ingest",
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // While the server stops, a database that does not answer must not keep the process from ending.
    allowExitOnIdle: true,
    // Statements that do not depend on each other's results are sent together, in one round trip.
    pipeline: true,
    // Positions and counts fit into a JavaScript number. SQLite returns JavaScript numbers too.
    types: {
      getTypeParser: (oid, format) =>
        oid === BIGINT ? Number : pg.types.getTypeParser(oid, format as "text"),
    },
    onConnect: async (client) => {
      const { processID } = client as pg.ClientBase & { readonly processID: number | null };
      const settings = await queryRows(client, writeSettings(processID), [], connectMs);
      if (settings.length > 0) return;
      await requireDurableCommits(client, connectMs);
      shared.add(client);
    },
  });
  pool.on("error", ignore);
  // While the server stops, a connection can fail between its last query and its release to the pool.
  pool.on("connect", (client) => client.on("error", ignore));
  return pool;
}

/**
 * Error codes for a missing database, schema, table or function. These errors occur if the schema was dropped
 * while the server ran.
 */
const SCHEMA_GONE: ReadonlySet<string> = new Set(["3D000", "3F000", "42P01", "42883"]);

/** Creates a function that converts errors to `StoreError`s. @param onGone called for the first `store_gone` */
function createErrorConverter(onGone: (why: Error) => void): (error: unknown) => StoreError {
  let gone = false;
  return (error) => {
    if (error instanceof StoreError) return error;
    const { message, code = "" } = error as Error & { readonly code?: string };
    const isGone = SCHEMA_GONE.has(code);
    const failed = new StoreError(
      isGone ? "store_gone" : "write_failed",
      `PostgreSQL: ${message || code || "the connection failed"}`,
      { cause: error },
    );
    if (isGone && !gone) {
      gone = true;
      onGone(failed);
    }
    return failed;
  };
}

async function* fetchRows(
  connection: pg.PoolClient,
  queries: readonly NamedQuery[],
  rowsPerFetch: number,
): AsyncGenerator<{ readonly table: string; readonly row: unknown }> {
  await sendQuery(connection, ONE_SNAPSHOT.begin, [], QUICK_MS);
  for (const { table, sql } of queries) {
    await sendQuery(connection, `DECLARE each CURSOR FOR ${sql}`, [], QUICK_MS);
    for (let isFull = true; isFull; ) {
      const rows = await queryRows(connection, `FETCH ${rowsPerFetch} FROM each`, [], SLOW_MS);
      for (const row of rows) yield { table, row };
      isFull = rows.length === rowsPerFetch;
    }
    await sendQuery(connection, "CLOSE each", [], QUICK_MS);
  }
}

/**
 * Opens a pool of connections.
 *
 * @param onGone called when no further call can succeed until the server restarts
 */
export function openDatabase(url: string, onGone: (why: Error) => void, limits: Limits): Database {
  const shared = new WeakSet<pg.ClientBase>();
  const pool = createPool(url, limits, shared);
  const toStoreError = createErrorConverter(onGone);
  const convertErrors = <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((error: unknown) => {
      if (isOutage(error)) dropIdle(pool);
      throw toStoreError(error);
    });
  const connect = () =>
    pool.connect().catch((error: unknown) => {
      throw toUnavailable(error);
    });
  const transaction: Database["transaction"] = async (work, options = {}) => {
    const connection = await connect();
    return runTransaction(connection, shared.has(connection), work, options);
  };

  return {
    async *stream(queries, rowsPerFetch) {
      const connection = await convertErrors(connect());
      try {
        yield* fetchRows(connection, queries, rowsPerFetch);
      } catch (error) {
        throw toStoreError(error);
      } finally {
        // Destroys the connection instead of returning it to the pool, because a caller that stops early
        // leaves a transaction open.
        connection.release(true);
      }
    },
    rows: (text, values = []) => convertErrors(queryRows(pool, text, values, QUICK_MS)),
    slowRows: (text, values = []) => convertErrors(queryRows(pool, text, values, SLOW_MS)),
    transaction: (work, options) => convertErrors(transaction(work, options)),
    close: () => pool.end(),
  };
}
