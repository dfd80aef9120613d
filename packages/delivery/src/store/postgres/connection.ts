import { dropIdle, isPostgresOutage } from "@convergint/internal/postgres-failure";

/** A pool or a connection that runs queries. `pg` is compatible. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** A connection from a pool. */
interface PostgresConnection extends PostgresClient {
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  release(error?: Error | boolean): void;
}

/**
 * A listener for connection errors. Without a listener, such an error would end the process. The next query
 * reports the error too.
 */
export const ignoreError = (): void => {};

/** A pool of connections. `pg.Pool` is compatible. */
export interface PostgresPool extends PostgresClient {
  connect(): Promise<PostgresConnection>;
  /** How many connections are open and unused. */
  readonly idleCount?: number;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "connect", listener: (connection: PostgresConnection) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  off(event: "connect", listener: (connection: PostgresConnection) => void): unknown;
}

/**
 * Listens for errors of a new connection. The server may open and end a connection in a single packet, before the
 * caller that requested the connection can listen.
 */
export const watchConnection = (connection: PostgresConnection): void => {
  connection.on("error", ignoreError);
};

/** Runs a query and returns its rows. */
export async function queryRows<Row>(
  client: PostgresClient,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  // The cast is safe, because the caller declares the type of the columns that its query selects.
  return (await client.query(text, [...values])).rows as Row[];
}

/** A connection that is closed instead of returned to its pool when the database or the network fails. */
interface GuardedConnection extends PostgresClient {
  release(isBroken?: boolean): void;
}

/** A pool whose connections are guarded, and whose calls have a time limit. */
export interface GuardedPool extends PostgresClient {
  connect(): Promise<GuardedConnection>;
}

/** Rejects if `work` takes longer than the limit. `work` itself continues. */
async function limit<Result>(work: Promise<Result>, limitMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`PostgreSQL did not answer within ${limitMs / 1000} s.`);
    timer = setTimeout(() => reject(error), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Guards a pool: after a failover, its connections lead to a server that refuses every write, and a host that is
 * silent would keep them waiting for ever.
 *
 * @param quickMs the time limit for opening a connection and for its first query, which shows whether the server answers
 * @param limitMs the time limit for every other query
 */
export function guardPool(pool: PostgresPool, quickMs: number, limitMs = quickMs): GuardedPool {
  async function connect(): Promise<GuardedConnection> {
    const connecting = pool.connect();
    const connection = await limit(connecting, quickMs).catch((error: unknown) => {
      // No caller waits for this connection any longer.
      connecting.then((late) => late.release(true), ignoreError);
      throw error;
    });
    // A connection may break between two queries. The pool listens for errors only on idle connections, so this
    // listener is needed.
    connection.on("error", ignoreError);
    let failure: unknown;
    let nextMs = quickMs;
    return {
      async query(text, values) {
        if (failure !== undefined) throw failure;
        const queryMs = nextMs;
        nextMs = limitMs;
        try {
          return await limit(connection.query(text, values), queryMs);
        } catch (error) {
          if (isPostgresOutage(error)) failure = error;
          throw error;
        }
      },
      release(isBroken = failure !== undefined) {
        connection.off("error", ignoreError);
        connection.release(isBroken);
        if (failure !== undefined) dropIdle(pool);
      },
    };
  }
  return {
    connect,
    async query(text, values) {
      const connection = await connect();
      try {
        return await connection.query(text, values);
      } finally {
        connection.release();
      }
    },
  };
}

/** Runs work in a new transaction. */
export async function runInTransaction<Result>(
  pool: GuardedPool,
  work: (client: PostgresClient) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.connect();
  let isBroken: true | undefined;
  try {
    await connection.query("BEGIN");
    const result = await work(connection);
    await connection.query("COMMIT");
    return result;
  } catch (error) {
    await connection.query("ROLLBACK").catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    connection.release(isBroken);
  }
}
