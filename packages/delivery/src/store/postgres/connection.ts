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

/** Listens for an error that the next query reports too; without a listener it would end the process. */
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
  // The caller declares the type of the columns that its query names.
  return (await client.query(text, [...values])).rows as Row[];
}

/** Runs work in a new transaction. */
export async function runInTransaction<Result>(
  pool: PostgresPool,
  work: (client: PostgresClient) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.connect();
  // The pool does not listen to a borrowed connection, which may break between two queries.
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
