import type pg from "pg";

/** Turns rows into the columns that `unnest` takes, one parameter each. @param columns read a value from a row */
export const columnsOf = <Row>(
  rows: readonly Row[],
  ...columns: readonly ((row: Row) => unknown)[]
): unknown[][] => columns.map((column) => rows.map(column));

/** Writes `unnest($1::text[], $2::integer[], …)`. */
export const unnest = (...types: readonly string[]): string => unnestFrom(1, types);

/** Writes {@link unnest} with parameters that start at another number. */
export const unnestFrom = (first: number, types: readonly string[]): string =>
  `unnest(${types.map((type, index) => `$${first + index}::${type}[]`).join(", ")})`;

/** Limit for one statement: longer than a sender waits for its answer. */
export const QUICK_MS = 10_000;
/** Limit for a long transaction: the first sync of a million devices is one. */
export const SLOW_MS = 600_000;

type Queryable = Pick<pg.ClientBase, "query">;

/** Replaces NUL, which PostgreSQL cannot store in a text, with U+FFFD, as UTF-8 encoding does with unpaired surrogates. */
function toStorable(value: unknown): unknown {
  if (typeof value === "string") return value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value;
  return Array.isArray(value) ? value.map(toStorable) : value;
}

/** @param name prepares the statement once per connection; its text must never change */
export const sendQuery = (
  on: Queryable,
  text: string,
  values: readonly unknown[],
  timeoutMs: number,
  name?: string,
): Promise<pg.QueryResult> =>
  on.query({
    text,
    values: values.map(toStorable),
    query_timeout: timeoutMs,
    ...(name !== undefined && { name }),
  } as pg.QueryConfig);

/** The query must name its columns as `Row` does. */
export async function queryRows<Row>(...query: Parameters<typeof sendQuery>): Promise<Row[]> {
  return (await sendQuery(...query)).rows as Row[];
}
