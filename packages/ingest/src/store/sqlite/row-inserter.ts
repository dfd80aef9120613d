import type { Database } from "better-sqlite3";

type Value = string | number | null;

/** Each call of a statement has a fixed cost, which 16 rows share. */
const ROWS_PER_STATEMENT = 16;

/** Creates a function that inserts rows into a table, inside the caller's transaction. */
export function createRowInserter<Row extends Readonly<Record<string, Value>>>(
  database: Database,
  table: string,
  columns: readonly (keyof Row & string)[],
): (rows: readonly Row[]) => void {
  const placeholders = `(${columns.map(() => "?").join(", ")})`;
  const prepare = (rows: number) =>
    database.prepare<Value[]>(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${Array.from({ length: rows }, () => placeholders).join(", ")}`,
    );
  const insertMany = prepare(ROWS_PER_STATEMENT);
  const insertOne = prepare(1);
  const valuesOf = (row: Row): Value[] => columns.map((column) => row[column] ?? null);
  return (rows) => {
    let next = 0;
    for (; next + ROWS_PER_STATEMENT <= rows.length; next += ROWS_PER_STATEMENT) {
      insertMany.run(...rows.slice(next, next + ROWS_PER_STATEMENT).flatMap(valuesOf));
    }
    for (const row of rows.slice(next)) insertOne.run(...valuesOf(row));
  };
}
