import type { Database } from "better-sqlite3";

/**
 * Measures leases by the writer thread's clock, because all processes that use one file run on one machine.
 */
export function prepareLeaseWrites(database: Database) {
  const take = database.prepare(`
    INSERT INTO lease (name, owner, until) VALUES (:name, :owner, unixepoch('subsec') + :seconds)
    ON CONFLICT DO UPDATE SET owner = excluded.owner, until = excluded.until
    WHERE owner = excluded.owner OR until <= unixepoch('subsec')`);
  const release = database.prepare("DELETE FROM lease WHERE name = ? AND owner = ?");
  return {
    takeLease: (name: string, owner: string, seconds: number): boolean =>
      take.run({ name, owner, seconds }).changes === 1,
    releaseLease(name: string, owner: string): void {
      release.run(name, owner);
    },
  };
}

/** Creates a function that returns whether an owner holds a lease. */
export function prepareLeaseCheck(database: Database): (name: string, owner: string) => boolean {
  const has = database
    .prepare<[string, string], number>(
      "SELECT 1 FROM lease WHERE name = ? AND owner = ? AND until > unixepoch('subsec')",
    )
    .pluck();
  return (name, owner) => has.get(name, owner) === 1;
}
