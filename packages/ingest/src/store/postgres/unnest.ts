/**
 * Turns rows into columns, as `unnest` takes them: one parameter a column.
 *
 * @param columns how each column is made from a row
 */
export const columnsOf = <Row>(
  rows: readonly Row[],
  ...columns: readonly ((row: Row) => unknown)[]
): unknown[][] => columns.map((column) => rows.map(column));

/** `unnest($1::text[], $2::integer[], …)` for columns of these types. */
export const unnest = (...types: readonly string[]): string =>
  `unnest(${types.map((type, index) => `$${index + 1}::${type}[]`).join(", ")})`;
