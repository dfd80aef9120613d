import type { Database } from "better-sqlite3";

type Value = string | number | null;

/** How many rows one statement inserts: what a call costs beside its rows is paid once for so many. */
const ROWS_A_STATEMENT = 16;

/**
 * Makes the function that inserts rows into a table, inside the caller's transaction.
 *
 * @param columns in the order in which a row has them
 */
export function rowInserter(
  database: Database,
  table: string,
  columns: readonly string[],
): (rows: readonly (readonly Value[])[]) => void {
  const row = `(${columns.map(() => "?").join(", ")})`;
  const statement = (rows: number) =>
    database.prepare<Value[]>(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${Array.from({ length: rows }, () => row).join(", ")}`,
    );
  const many = statement(ROWS_A_STATEMENT);
  const one = statement(1);
  return (rows) => {
    let next = 0;
    for (; next + ROWS_A_STATEMENT <= rows.length; next += ROWS_A_STATEMENT) {
      many.run(...rows.slice(next, next + ROWS_A_STATEMENT).flat());
    }
    for (const left of rows.slice(next)) one.run(...left);
  };
}
