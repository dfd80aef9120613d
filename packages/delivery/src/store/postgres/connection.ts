/** Whatever runs a query: a pool, or a connection of one. `pg` fits. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** A connection that was borrowed. */
interface PostgresConnection extends PostgresClient {
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  release(error?: Error | boolean): void;
}

/** Hears an error that a query will tell of as well; unheard, it would end the process. */
export const ignoreError = (): void => {};

/** A pool of connections. `pg.Pool` fits. */
export interface PostgresPool extends PostgresClient {
  connect(): Promise<PostgresConnection>;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** Runs a query and says what its rows are. */
export async function rowsOf<Row>(
  client: PostgresClient,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  // The columns are named by the query itself, next to where Row is given.
  return (await client.query(text, [...values])).rows as Row[];
}

/** Runs work in a transaction of its own. */
export async function inTransaction<Result>(
  pool: PostgresPool,
  work: (client: PostgresClient) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.connect();
  // Nobody else listens to a connection that is borrowed and breaks between two queries.
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
