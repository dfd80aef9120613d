/** One of an endpoint's secrets. */
export interface SigningSecret {
  readonly secret: string;
  /** When this secret stops signing, in Unix milliseconds; `null` for the newest secret. */
  readonly expiresAt: number | null;
}

/** Each secret adds a signature to the header, and receivers refuse a header with too many signatures. */
const MAX_SECRETS = 10;

const isCurrent = ({ expiresAt }: SigningSecret, now: number): boolean =>
  expiresAt === null || expiresAt > now;

/** Selects the secrets that sign now, newest first. */
export const selectCurrentSecrets = (secrets: readonly SigningSecret[], now: number): string[] =>
  secrets.filter((each) => isCurrent(each, now)).map(({ secret }) => secret);

/**
 * Adds a new secret in front of the others. The others keep signing until their promised
 * end, so that a second rotation breaks no receiver. If there are more than {@link
 * MAX_SECRETS} secrets, the oldest are dropped.
 *
 * @param overlapEnd until when the previous secret signs, in Unix milliseconds
 * @see spec/1.0/contract.md#secret-rotation
 */
export function rotateSecrets(
  secrets: readonly SigningSecret[],
  secret: string,
  { now, overlapEnd }: { readonly now: number; readonly overlapEnd: number },
): SigningSecret[] {
  const before = secrets
    .filter((each) => isCurrent(each, now))
    .map((old) => ({ ...old, expiresAt: old.expiresAt ?? overlapEnd }));
  return [{ secret, expiresAt: null }, ...before].slice(0, MAX_SECRETS);
}
