import { TokenError } from "./errors.ts";
import type { PrivateKey } from "./private-key.ts";

/** A token is replaced when this part of its lifetime has passed, because a call takes time to arrive. */
const REPLACED_AFTER = 0.8;
/** How far a consumer dates a token back, because the vendor's clock may be behind. */
const BACKDATED_SECONDS = 30;
/** The largest difference of clocks that is corrected. A larger one is a fault that a person has to repair. */
const MAX_SKEW_SECONDS = 24 * 3600;

/** The lifetime of the assertion of RFC 7523; the contract allows 5 minutes. */
const ASSERTION_SECONDS = 120;

/** The effects of signing, which tests inject. */
export interface SigningEffects {
  /** Milliseconds since 1970. Default: the system clock. */
  readonly now?: (() => number) | undefined;
  /** Returns a different id each time. Default: a random UUID. */
  readonly createId?: (() => string) | undefined;
}

/** Options of {@link createTokenMinter}. */
export interface TokenMinterOptions extends SigningEffects {
  readonly key: PrivateKey;
  /** The manifest's `issuer`. */
  readonly issuer: string;
  /** The manifest's `audience`, if it has one. */
  readonly audience?: string | undefined;
  /** At most the manifest's `max_lifetime_seconds`. Default: 600. */
  readonly lifetimeSeconds?: number | undefined;
}

/** A source of signed tokens for the calls to one vendor. */
export interface TokenMinter {
  /** Returns a token that does not expire soon; the same one until most of its lifetime has passed. */
  current(): Promise<string>;
  /**
   * Returns another token after the vendor answered 401, if a difference of the vendor's clock explains the 401;
   * otherwise `null`, and the refusal is final. Later tokens follow the vendor's clock.
   *
   * @param refused the refused token
   * @param date the `Date` header of the response
   */
  insteadOf(refused: string, date: string | null): Promise<string | null>;
}

/** The times of a token, in seconds since 1970. */
interface Times {
  readonly iat: number;
  readonly exp: number;
}

/** The vendor's clock, as far as it is known. */
interface VendorClock {
  date(lifetimeSeconds: number): Times;
  /** Tells whether a token of these times is invalid at the time in a `Date` header. If so, adopts that time. */
  corrects(times: Times, date: string | null): boolean;
  nowSeconds(): number;
}

function followVendor(now: () => number): VendorClock {
  let skewSeconds = 0;
  const nowSeconds = () => now() / 1000 + skewSeconds;
  return {
    nowSeconds,
    date(lifetimeSeconds) {
      const iat = Math.floor(nowSeconds() - Math.min(BACKDATED_SECONDS, lifetimeSeconds / 10));
      return { iat, exp: iat + lifetimeSeconds };
    },
    corrects({ iat, exp }, date) {
      const seconds = Date.parse(date ?? "") / 1000;
      const skew = seconds - now() / 1000;
      if (!(Math.abs(skew) <= MAX_SKEW_SECONDS) || (seconds >= iat && seconds < exp)) return false;
      skewSeconds = skew;
      return true;
    },
  };
}

/**
 * Creates a source of signed tokens (`signed_jwt`). It signs a token when the first is asked for, and again before
 * that one expires.
 *
 * @throws {TokenError} `invalid_option`
 * @see spec/1.0/contract.md#signed-tokens
 */
export function createTokenMinter({
  key,
  issuer,
  audience,
  lifetimeSeconds = 600,
  now = Date.now,
  createId = () => crypto.randomUUID(),
}: TokenMinterOptions): TokenMinter {
  if (!Number.isSafeInteger(lifetimeSeconds) || lifetimeSeconds < 10 || lifetimeSeconds > 3600)
    throw new TokenError("invalid_option", "Invalid lifetimeSeconds: pass a whole number from 10 to 3600.");
  if (issuer === "") throw new TokenError("invalid_option", "Invalid issuer: pass the manifest's issuer.");
  const clock = followVendor(now);
  let held: { readonly times: Times; readonly token: Promise<string> } | undefined;

  const isFresh = ({ iat, exp }: Times) => {
    const age = clock.nowSeconds() - iat;
    return age >= 0 && age < (exp - iat) * REPLACED_AFTER;
  };
  const current = async (): Promise<string> => {
    if (!held || !isFresh(held.times)) {
      const times = clock.date(lifetimeSeconds);
      const aud = audience === undefined ? {} : { aud: audience };
      held = { times, token: key.sign({ iss: issuer, ...aud, ...times, jti: createId() }) };
    }
    return held.token;
  };
  return {
    current,
    async insteadOf(refused, date) {
      const before = held;
      // While this call waits, another call may have replaced the token already.
      if (!before || (await before.token) !== refused || held !== before) return current();
      if (!clock.corrects(before.times, date)) return null;
      held = undefined;
      return current();
    },
  };
}

/** Options of {@link createAssertionSigner}. */
export interface AssertionOptions extends SigningEffects {
  readonly key: PrivateKey;
  readonly clientId: string;
  /** The manifest's `token_url`. */
  readonly tokenUrl: string;
}

/** The source of assertions for one `token_url`. */
export interface AssertionSigner {
  /** Signs an assertion. Sign one for each request: a vendor may refuse an assertion that it has seen. */
  sign(): Promise<string>;
  /**
   * Tells whether the vendor refused the last assertion because its clock differs. If so, later assertions follow
   * the vendor's clock, and a new one may be accepted.
   *
   * @param date the `Date` header of the refusal
   */
  isExplainedBy(date: string | null): boolean;
}

/**
 * Creates a signer of client assertions (`private_key_jwt`, RFC 7523).
 *
 * @see spec/1.0/contract.md#client-authentication-with-a-private-key
 */
export function createAssertionSigner({
  key,
  clientId,
  tokenUrl,
  now = Date.now,
  createId = () => crypto.randomUUID(),
}: AssertionOptions): AssertionSigner {
  const clock = followVendor(now);
  let last: Times | undefined;
  return {
    async sign() {
      last = clock.date(ASSERTION_SECONDS);
      return key.sign({ iss: clientId, sub: clientId, aud: tokenUrl, ...last, jti: createId() });
    },
    isExplainedBy: (date) => last !== undefined && clock.corrects(last, date),
  };
}
