/** An id that cannot be stored as what it is. */
export class UnstorableIdError extends Error {
  override readonly name = "UnstorableIdError";
  readonly code = "unstorable_id";
}

/**
 * Half a surrogate pair is no character, and a database may hold no NUL: stored, several ids would become one, and what
 * is said of one device would be believed of another.
 *
 * @throws {UnstorableIdError}
 */
export function requireStorable(ids: readonly string[]): void {
  if (!ids.some((id) => /[\p{Surrogate}\0]/u.test(id))) return;
  throw new UnstorableIdError(
    "An id holds half of a surrogate pair, or a NUL: no database can tell it from others.",
  );
}
