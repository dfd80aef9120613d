import { createSigner, type Signer } from "@convergint/webhooks";

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
export const selectCurrentSecrets = (secrets: readonly SigningSecret[], now: number): SigningSecret[] =>
  secrets.filter((each) => isCurrent(each, now));

/** Options of {@link createEndpointSigner}. */
interface EndpointSignerOptions {
  /** Decrypts an endpoint's stored secrets. */
  readonly open: (sealed: Uint8Array) => readonly SigningSecret[];
  /** Private keys that sign in addition to the secrets. */
  readonly signingKeys: readonly string[];
}

/**
 * Returns the signer of one endpoint. Secrets are decrypted and prepared once, and again when they are replaced or one of
 * them expires.
 *
 * @returns a function of the stored secrets and of the current time in Unix milliseconds. It throws `WebhookUsageError`
 *   if the keys cannot sign, and the errors of `open`
 */
export function createEndpointSigner({ open, signingKeys }: EndpointSignerOptions) {
  let held: { readonly sealed: Uint8Array; readonly until: number; readonly signer: Signer } | undefined;
  return (sealed: Uint8Array, now: number): Signer => {
    if (held && now < held.until && Buffer.compare(held.sealed, sealed) === 0) return held.signer;
    const current = selectCurrentSecrets(open(sealed), now);
    const signer = createSigner({ keys: [...current.map(({ secret }) => secret), ...signingKeys] });
    const until = Math.min(...current.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY));
    held = { sealed, until, signer };
    return signer;
  };
}

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
  const before = selectCurrentSecrets(secrets, now).map((old) => ({
    ...old,
    expiresAt: old.expiresAt ?? overlapEnd,
  }));
  return [{ secret, expiresAt: null }, ...before].slice(0, MAX_SECRETS);
}
