import type { LeaseStore } from "../store.ts";
import type { Database } from "./connection.ts";

/** Measures leases by the database's clock, so that the clocks of the processes need not agree. */
export function createLeaseStore(database: Database): LeaseStore {
  return {
    async take(name, owner, seconds) {
      const taken = await database.rows(
        `INSERT INTO ingest.lease AS l (name, owner, until) VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
         ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
         WHERE l.owner = excluded.owner OR l.until <= clock_timestamp() RETURNING 1`,
        [name, owner, seconds],
      );
      return taken.length === 1;
    },
    async release(name, owner) {
      await database.rows("DELETE FROM ingest.lease WHERE name = $1 AND owner = $2", [name, owner]);
    },
  };
}
