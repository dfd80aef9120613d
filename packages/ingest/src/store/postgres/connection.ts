import pg from "pg";
import { StoreError } from "../store-error.ts";

/** Longer than a sender waits for its answer, nobody waits for one statement. */
const QUICK_MS = 10_000;
/** A first sync of a million devices is one transaction. */
const SLOW_MS = 600_000;
const CONNECT_MS = 5000;
const MOST_CONNECTIONS = 16;
const BIGINT = 20;

/** What holds for every connection. */
const SETTINGS = `
  SELECT
    -- An acknowledged event is on disk, whatever the database's default is; a stronger default stands.
    set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                                     ELSE current_setting('synchronous_commit') END, false),
    -- A process that is gone in the middle of a transaction must not hold up the others for long.
    set_config('idle_in_transaction_session_timeout', '60s', false),
    -- Short statements with many estimated rows would be compiled for longer than they run.
    set_config('jit', 'off', false)`;

/**
 * Runs SQL that says itself, next to where `Row` is given, how its columns are called. Statements are sent when they are
 * called and run in that order, whether or not their answers were awaited in between.
 */
export interface Client {
  /** @param name of a statement that is planned once a connection; its text is always the same */
  rows<Row = unknown>(text: string, values?: readonly unknown[], name?: string): Promise<Row[]>;
}

/** What one transaction does. */
export interface Transaction extends Client {
  /**
   * Has the commit follow upon what was sent last without waiting for its answer: both are one way to the database and
   * back. The transaction fails where it fails.
   *
   * @param written the answer to statements that were all sent
   */
  withCommit(written: Promise<unknown>): void;
}

/** The database, to whatever of it is asked. Every call throws a `StoreError`. */
export interface Database extends Client {
  /** Does one thing that may take its time. */
  slowRows<Row = unknown>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Reads what several queries give as of one moment, some rows at a time. */
  stream(
    queries: readonly { readonly kind: string; readonly sql: string }[],
    rowsAtOnce: number,
  ): AsyncIterable<{ readonly kind: string; readonly row: unknown }>;
  /** Does several things as one. What throws undoes them. */
  transaction<Result>(work: (client: Transaction) => Promise<Result>, begin?: string): Promise<Result>;
  close(): Promise<void>;
}

/**
 * What PostgreSQL cannot hold in a text, the character 0, becomes the replacement character: as halves of surrogate
 * pairs do in UTF-8.
 */
function storable(value: unknown): unknown {
  if (typeof value === "string") return value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value;
  return Array.isArray(value) ? value.map(storable) : value;
}

/** Hears of an error that a query tells of as well; unheard, it would end the process. */
const ignore = (): void => {};

/** Tables or functions are missing that were there at the start: somebody took the schema away. */
const SCHEMA_GONE: ReadonlySet<string> = new Set(["3D000", "3F000", "42P01", "42883"]);

/**
 * Opens a pool of connections. It makes none yet, and replaces those that break.
 *
 * @param url of the database
 * @param onGone told once when nothing will succeed before a restart
 */
export function openDatabase(url: string, onGone: (why: Error) => void): Database {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "convergint-ingest",
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    // What does not build upon an answer does not wait for it.
    pipeline: true,
    // Positions are far from where a number ends; what is read is a number, as in the other store.
    types: {
      getTypeParser: (oid, format) =>
        oid === BIGINT ? Number : pg.types.getTypeParser(oid, format as "text"),
    },
    onConnect: async (client) => {
      await client.query(SETTINGS);
    },
  });
  pool.on("error", ignore);
  // Connections outlive their last query by a moment in which the server may stop.
  pool.on("connect", (client) => client.on("error", ignore));
  let gone = false;

  function failure(error: unknown): StoreError {
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
  }

  const send = (
    on: Pick<pg.ClientBase, "query">,
    text: string,
    values: readonly unknown[],
    ms: number,
    name?: string,
  ) =>
    on.query({
      text,
      values: values.map(storable),
      query_timeout: ms,
      ...(name !== undefined && { name }),
    } as pg.QueryConfig);

  async function run<Row>(...query: Parameters<typeof send>): Promise<Row[]> {
    // The columns are named by the query itself, next to where Row is given.
    return (await send(...query)).rows as Row[];
  }

  const orFail = <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((error: unknown) => {
      throw failure(error);
    });

  async function transaction<Result>(work: (client: Transaction) => Promise<Result>, begin: string) {
    const connection = await pool.connect();
    let broken = false;
    const sent: Promise<unknown>[] = [];
    const rows: Client["rows"] = (text, values = [], name) => run(connection, text, values, SLOW_MS, name);
    const withCommit = (answer: Promise<unknown>) => {
      // It is heard at the end, if the transaction gets there.
      answer.catch(ignore);
      sent.push(answer);
    };
    try {
      withCommit(send(connection, begin, [], QUICK_MS));
      const result = await work({ rows, withCommit });
      const end = send(connection, "COMMIT", [], SLOW_MS);
      await Promise.all([...sent, end]);
      // PostgreSQL answers so, and not with an error, where a statement of the transaction had failed.
      if ((await end).command !== "COMMIT") throw new Error("the transaction was rolled back");
      return result;
    } catch (error) {
      await send(connection, "ROLLBACK", [], QUICK_MS).catch(() => {
        broken = true;
      });
      // What was sent first and failed is why: what came behind it failed because of it.
      throw await Promise.all(sent).then(
        () => error,
        (first: unknown) => first,
      );
    } finally {
      connection.release(broken);
    }
  }

  async function* stream(
    queries: readonly { readonly kind: string; readonly sql: string }[],
    rowsAtOnce: number,
  ) {
    const connection = await pool.connect().catch((error: unknown) => {
      throw failure(error);
    });
    try {
      await send(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", [], QUICK_MS);
      for (const { kind, sql } of queries) {
        await send(connection, `DECLARE each CURSOR FOR ${sql}`, [], QUICK_MS);
        for (let full = true; full; ) {
          const rows = await run(connection, `FETCH ${rowsAtOnce} FROM each`, [], SLOW_MS);
          for (const row of rows) yield { kind, row };
          full = rows.length === rowsAtOnce;
        }
        await send(connection, "CLOSE each", [], QUICK_MS);
      }
    } finally {
      // A reader that stops early leaves it in the middle.
      connection.release(true);
    }
  }

  return {
    stream,
    rows: (text, values = [], name) => orFail(run(pool, text, values, QUICK_MS, name)),
    slowRows: (text, values = []) => orFail(run(pool, text, values, SLOW_MS)),
    transaction: (work, begin = "BEGIN") => orFail(transaction(work, begin)),
    close: () => pool.end(),
  };
}
