import type { Database } from "better-sqlite3";

/** Gives out positions of events and changes, inside the caller's transaction. One thread writes, so none is left out. */
export function positions(database: Database): { take(count: number): number } {
  const last = database.prepare<[], number>("SELECT last FROM position").pluck();
  const advance = database.prepare("UPDATE position SET last = last + ?");
  return {
    /** @returns the first of them */
    take(count) {
      const first = (last.get() ?? 0) + 1;
      if (count > 0) advance.run(count);
      return first;
    },
  };
}
