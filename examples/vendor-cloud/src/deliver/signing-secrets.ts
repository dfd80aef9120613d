import { generateSecret } from "@convergint/webhooks";

/** Long enough for a consumer to roll a new secret out by hand. */
const OVERLAP_MS = 24 * 60 * 60 * 1000;

/** Each secret adds a signature, and receivers refuse a header that grows without end. */
const MOST_SECRETS = 10;

interface Secret {
  readonly secret: string;
  /** Unix milliseconds from which it signs no more; the newest has no end. */
  readonly expiresAt: number;
}

/** The signing secrets of one endpoint: one, and for a while after a rotation the one before it too. */
export class SigningSecrets {
  #secrets: readonly Secret[];

  /** @param first what the endpoint's owner is told at registration */
  constructor(first: string) {
    this.#secrets = [{ secret: first, expiresAt: Number.POSITIVE_INFINITY }];
  }

  /** The secrets that sign now, newest first. */
  current(now: Date): string[] {
    return this.#secrets.filter(({ expiresAt }) => expiresAt > now.getTime()).map(({ secret }) => secret);
  }

  /**
   * Makes a new secret. Those before it sign on until their promised end, so that a second rotation cuts nobody
   * off; only past {@link MOST_SECRETS} does the oldest give way.
   *
   * @see spec/1.0/contract.md#webhook-endpoints
   */
  rotate(now: Date): { secret: string; previous_expires_at: string } {
    const secret = generateSecret();
    const overlapEnd = now.getTime() + OVERLAP_MS;
    const before = this.#secrets
      .filter(({ expiresAt }) => expiresAt > now.getTime())
      .map((old) => ({ ...old, expiresAt: Math.min(old.expiresAt, overlapEnd) }));
    this.#secrets = [{ secret, expiresAt: Number.POSITIVE_INFINITY }, ...before].slice(0, MOST_SECRETS);
    return { secret, previous_expires_at: new Date(overlapEnd).toISOString() };
  }
}
