import type { Database } from "better-sqlite3";
import { EXPORTED_COLUMNS } from "../../exported-columns.ts";

/** Everything but secrets, as of one moment: a connection of its own holds that moment while it is read. */
export async function* exported(open: () => Database): AsyncGenerator<string, void, undefined> {
  const database = open();
  try {
    database.exec("BEGIN");
    for (const [kind, columns] of Object.entries(EXPORTED_COLUMNS)) {
      const rows = database.prepare(`SELECT ${columns.join(", ")} FROM ${kind}`).iterate();
      for (const row of rows) yield JSON.stringify({ table: kind, ...(row as object) });
    }
  } finally {
    database.close();
  }
}
