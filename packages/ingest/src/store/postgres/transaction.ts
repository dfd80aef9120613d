import type pg from "pg";
import { QUICK_MS, queryRows, SLOW_MS, sendQuery } from "./query.ts";

/** Runs SQL. Statements are pipelined: they run in the order of the calls, even if some are not awaited. */
export interface Client {
  /**
   * Runs SQL that must name its columns like the members of `Row`.
   *
   * @param name if given, the statement is prepared once per connection under this name; its text must never
   *   change
   */
  rows<Row = unknown>(text: string, values?: readonly unknown[], name?: string): Promise<Row[]>;
}

export interface Transaction extends Client {
  /**
   * Sends the commit right after the last statements, without waiting for their answer, so that both share a
   * round trip. If the statements fail, the transaction fails.
   *
   * @param written the answer to those statements
   */
  withCommit(written: Promise<unknown>): void;
}

/** Handles an error that is also reported elsewhere. An unhandled error would end the process. */
export const ignore = (): void => {};

/** Runs a transaction on a connection. An error rolls it back. */
export async function runTransaction<Result>(
  pool: pg.Pool,
  work: (client: Transaction) => Promise<Result>,
  begin: string,
): Promise<Result> {
  const connection = await pool.connect();
  let broken = false;
  const sent: Promise<unknown>[] = [];
  const rows: Client["rows"] = (text, values = [], name) =>
    queryRows(connection, text, values, SLOW_MS, name);
  const withCommit = (answer: Promise<unknown>) => {
    // The answer is awaited together with the commit, unless the transaction fails earlier.
    answer.catch(ignore);
    sent.push(answer);
  };
  try {
    withCommit(sendQuery(connection, begin, [], QUICK_MS));
    const result = await work({ rows, withCommit });
    const commit = sendQuery(connection, "COMMIT", [], SLOW_MS);
    await Promise.all([...sent, commit]);
    // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK, not with an error.
    if ((await commit).command !== "COMMIT") throw new Error("the transaction was rolled back");
    return result;
  } catch (error) {
    await sendQuery(connection, "ROLLBACK", [], QUICK_MS).catch(() => {
      broken = true;
    });
    // The first failure is the cause; the statements after it fail only because of it.
    throw await Promise.all(sent).then(
      () => error,
      (first: unknown) => first,
    );
  } finally {
    connection.release(broken);
  }
}
