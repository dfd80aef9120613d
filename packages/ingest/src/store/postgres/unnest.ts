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
