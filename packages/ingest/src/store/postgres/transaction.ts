import type pg from "pg";
import { isOutage } from "../store.ts";
import { QUICK_MS, queryRows, SLOW_MS, sendQuery } from "./query.ts";

/** Runs SQL. Statements are pipelined: they run in the order of the calls, even if some are not awaited. */
export interface Client {
  /**
   * Runs SQL that must name its columns like the members of `Row`.
   *
   * @param name if given, the statement is prepared once per connection under this name, unless a pooler shares
   *   the connection; its text must never change
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

/** How to run a transaction. */
export interface TransactionOptions {
  /** The statement that starts the transaction. Default: `BEGIN` */
  readonly begin?: string;
  /** The time limit for each statement, also while it waits for a lock. Default: {@link SLOW_MS} */
  readonly limitMs?: number;
}

/**
 * Settings for one transaction on a connection that a pooler shares: the settings of a session would apply to
 * other programs' transactions too, and perhaps not to this one.
 */
const LOCAL_SETTINGS = "; SET LOCAL jit = off; SET LOCAL idle_in_transaction_session_timeout = '60s'";

/**
 * Runs a transaction on a connection and releases the connection. An error rolls the transaction back.
 *
 * @param isShared whether a pooler may run each transaction on another session
 */
export async function runTransaction<Result>(
  connection: pg.PoolClient,
  isShared: boolean,
  work: (client: Transaction) => Promise<Result>,
  { begin = "BEGIN", limitMs = SLOW_MS }: TransactionOptions,
): Promise<Result> {
  let isBroken = false;
  const sent: Promise<unknown>[] = [];
  const rows: Client["rows"] = (text, values = [], name) =>
    queryRows(connection, text, values, limitMs, isShared ? undefined : name);
  const withCommit = (answer: Promise<unknown>) => {
    // The answer is awaited together with the commit, unless the transaction fails earlier.
    answer.catch(ignore);
    sent.push(answer);
  };
  try {
    // PostgreSQL itself ends a statement that is too slow, because a client that disconnects does not end a wait for a lock.
    const limit = limitMs < SLOW_MS ? `; SET LOCAL statement_timeout = ${limitMs}` : "";
    const settings = isShared ? LOCAL_SETTINGS : "";
    withCommit(sendQuery(connection, `${begin}${settings}${limit}`, [], Math.min(limitMs, QUICK_MS)));
    const result = await work({ rows, withCommit });
    const commit = sendQuery(connection, "COMMIT", [], limitMs);
    await Promise.all([...sent, commit]);
    // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK, not with an error.
    if ((await commit).command !== "COMMIT") throw new Error("the transaction was rolled back");
    return result;
  } catch (error) {
    isBroken = isOutage(error);
    // A connection that does not answer would not answer the ROLLBACK either.
    if (isBroken) throw error;
    await sendQuery(connection, "ROLLBACK", [], QUICK_MS).catch(() => {
      isBroken = true;
    });
    // The first failure is the cause; the statements after it fail only because of it.
    const cause = await Promise.all(sent).then(
      () => error,
      (first: unknown) => first,
    );
    isBroken ||= isOutage(cause);
    throw cause;
  } finally {
    connection.release(isBroken);
  }
}
