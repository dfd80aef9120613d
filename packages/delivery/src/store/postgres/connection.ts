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
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** Runs a query and returns its rows. */
export async function queryRows<Row>(
  client: PostgresClient,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  // The cast is safe, because the caller declares the type of the columns that its query selects.
  return (await client.query(text, [...values])).rows as Row[];
}

/** Runs work in a new transaction. */
export async function runInTransaction<Result>(
  pool: PostgresPool,
  work: (client: PostgresClient) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.connect();
  // A connection may break between two queries. The pool listens for errors only on idle connections, so this
  // listener is needed.
  connection.on("error", ignoreError);
  let broken: boolean | undefined;
  try {
    await connection.query("BEGIN");
    const result = await work(connection);
    await connection.query("COMMIT");
    return result;
  } catch (error) {
    await connection.query("ROLLBACK").catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    connection.off("error", ignoreError);
    connection.release(broken);
  }
}
