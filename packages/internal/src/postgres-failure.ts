/**
 * SQLSTATEs, or the beginnings of SQLSTATEs, that say nothing about the statement or its data: any other
 * statement on this connection would fail too.
 */
const OUTAGE_STATES = [
  // The connection broke, or a pooler refuses it.
  "08",
  // The login or the password is refused.
  "28",
  // The server has no memory, no disk or no connection left, or its disk fails.
  "53",
  "58",
  // The server has become a standby, or its disk is full and the provider made it read-only.
  "25006",
  // The server is stopping, crashed, is starting, or ended this session.
  "57P01",
  "57P02",
  "57P03",
  "57P05",
  // The statement waited too long for a lock or ran too long.
  "55P03",
  "57014",
] as const;

/**
 * Tells whether a query failed because of the connection or the PostgreSQL server, not because of the
 * statement or its data. The connection should then be dropped: after a failover, it leads to a server that
 * refuses every write. A smaller batch would fail in the same way.
 *
 * @param error what `query` or `connect` of `pg` threw
 */
export function isPostgresOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { severity, code = "" } = error as Error & { readonly severity?: string; readonly code?: string };
  if (severity !== undefined) return OUTAGE_STATES.some((state) => code.startsWith(state));
  // The server did not send this error. So it is about the socket or a time limit, unless the caller passed
  // values that cannot be sent.
  return !(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError);
}

/** The parts of a `pg.Pool` that {@link dropIdle} uses. */
interface Pool {
  /** How many connections wait for work. */
  readonly idleCount?: number;
  connect(): Promise<{ release(error?: Error | boolean): void }>;
}

/**
 * Closes the connections of a pool that are idle now. After a failover, all of them lead to the former
 * server, so without this call each of them would fail once more.
 */
export function dropIdle(pool: Pool): void {
  for (let left = pool.idleCount ?? 0; left > 0; left -= 1) {
    pool.connect().then(
      (connection) => connection.release(true),
      // The pool has closed the connection already.
      () => {},
    );
  }
}
