import { isPostgresOutage } from "@convergint/internal/postgres-failure";
import type pg from "pg";
import { StoreError } from "../store.ts";

/**
 * Converts rows to the columns that `unnest` takes, one parameter per column.
 *
 * @param columns functions that each read one value from a row
 */
export const columnsOf = <Row>(
  rows: readonly Row[],
  ...columns: readonly ((row: Row) => unknown)[]
): unknown[][] => columns.map((column) => rows.map(column));

/** Writes the SQL `unnest($1::text[], $2::integer[], …)`. */
export const unnest = (...types: readonly string[]): string => unnestFrom(1, types);

/** Like {@link unnest}, but the parameters start at another number. */
export const unnestFrom = (first: number, types: readonly string[]): string =>
  `unnest(${types.map((type, index) => `$${first + index}::${type}[]`).join(", ")})`;

/** The time limit for one statement. */
export const QUICK_MS = 10_000;
/** The time limit for a long transaction, such as the first sync of a million devices. */
export const SLOW_MS = 600_000;

type Queryable = Pick<pg.ClientBase, "query">;

/**
 * Replaces NUL, which PostgreSQL cannot store in a text, with U+FFFD. UTF-8 encoding does the same with
 * unpaired surrogates.
 */
function toStorable(value: unknown): unknown {
  if (typeof value === "string") return value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value;
  return Array.isArray(value) ? value.map(toStorable) : value;
}

/** Error codes that are about the database's existence, not about its connection. */
const DATABASE_MISSING = "3D000";

/** Converts the error of a connection or a server that fails to a `StoreError`. Returns any other error unchanged. */
export function toUnavailable(error: unknown): unknown {
  if (error instanceof StoreError || !isPostgresOutage(error)) return error;
  const { message, code = "" } = error as Error & { readonly code?: string };
  if (code === DATABASE_MISSING) return error;
  const what = message || code || "the connection failed";
  return new StoreError("unavailable", `PostgreSQL: ${what}`, { cause: error });
}

/**
 * @param name if given, the statement is prepared once per connection under this name; its text must never
 *   change
 * @throws {StoreError} `unavailable` if the connection or the server fails
 */
export async function sendQuery(
  on: Queryable,
  text: string,
  values: readonly unknown[],
  timeoutMs: number,
  name?: string,
): Promise<pg.QueryResult> {
  try {
    return await on.query({
      text,
      values: values.map(toStorable),
      query_timeout: timeoutMs,
      ...(name !== undefined && { name }),
    } as pg.QueryConfig);
  } catch (error) {
    throw toUnavailable(error);
  }
}

/** Runs a query that must name its columns like the members of `Row`. */
export async function queryRows<Row>(...query: Parameters<typeof sendQuery>): Promise<Row[]> {
  return (await sendQuery(...query)).rows as Row[];
}
