import type { Database } from "better-sqlite3";

/** Leases by the clock of the thread that writes: one file has one machine. */
export function leaseTable(database: Database) {
  const take = database.prepare(`
    INSERT INTO lease (name, owner, until) VALUES (:name, :owner, unixepoch('subsec') + :seconds)
    ON CONFLICT DO UPDATE SET owner = excluded.owner, until = excluded.until
    WHERE owner = excluded.owner OR until <= unixepoch('subsec')`);
  const release = database.prepare("DELETE FROM lease WHERE name = ? AND owner = ?");
  const has = database
    .prepare<[string, string], number>(
      "SELECT 1 FROM lease WHERE name = ? AND owner = ? AND until > unixepoch('subsec')",
    )
    .pluck();
  return {
    takeLease: (name: string, owner: string, seconds: number): boolean =>
      take.run({ name, owner, seconds }).changes === 1,
    releaseLease(name: string, owner: string): void {
      release.run(name, owner);
    },
    hasLease: (name: string, owner: string): boolean => has.get(name, owner) === 1,
  };
}
