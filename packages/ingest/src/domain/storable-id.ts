/** An id that a database cannot store unchanged. */
export class UnstorableIdError extends Error {
  override readonly name = "UnstorableIdError";
  readonly code = "unstorable_id";
}

/**
 * Rejects ids with an unpaired surrogate or a NUL. A database replaces these characters, so that two different ids could
 * become one and mix up two devices.
 *
 * @throws {UnstorableIdError}
 */
export function requireStorable(ids: readonly string[]): void {
  if (!ids.some((id) => /[\p{Surrogate}\0]/u.test(id))) return;
  throw new UnstorableIdError("An id contains an unpaired surrogate or a NUL character: send another id.");
}
