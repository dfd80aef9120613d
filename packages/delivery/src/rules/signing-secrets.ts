/** One of an endpoint's secrets. */
export interface SigningSecret {
  readonly secret: string;
  /** Unix milliseconds from which it signs no more; `null` for the newest, which has no end. */
  readonly expiresAt: number | null;
}

/** Each secret adds a signature, and receivers refuse a header that grows without end. */
const MOST_SECRETS = 10;

const isCurrent = ({ expiresAt }: SigningSecret, now: number): boolean =>
  expiresAt === null || expiresAt > now;

/** The secrets that sign now, newest first. */
export const currentSecrets = (secrets: readonly SigningSecret[], now: number): string[] =>
  secrets.filter((each) => isCurrent(each, now)).map(({ secret }) => secret);

/**
 * Puts a new secret before the others. Those sign on until their promised end, so that a second rotation cuts nobody
 * off; only past {@link MOST_SECRETS} does the oldest give way.
 *
 * @param overlapEnd Unix milliseconds until which the secret before it signs on
 * @see spec/1.0/contract.md#secret-rotation
 */
export function rotate(
  secrets: readonly SigningSecret[],
  secret: string,
  { now, overlapEnd }: { readonly now: number; readonly overlapEnd: number },
): SigningSecret[] {
  const before = secrets
    .filter((each) => isCurrent(each, now))
    .map((old) => ({ ...old, expiresAt: old.expiresAt ?? overlapEnd }));
  return [{ secret, expiresAt: null }, ...before].slice(0, MOST_SECRETS);
}
