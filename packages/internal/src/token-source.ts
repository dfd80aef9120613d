import type { Secrets } from "./secrets.ts";

/** An access token and its lifetime. */
export interface AccessToken {
  readonly token: string;
  /**
   * The lifetime in seconds. If it is undefined, the vendor stated no lifetime, and the token is used until
   * the vendor refuses it.
   */
  readonly expiresInSeconds: number | undefined;
}

/** A source of access tokens. */
export interface TokenSource {
  /** Returns a token that does not expire soon. */
  current(): Promise<string>;
  /**
   * Returns a token that differs from the refused one; `null` if there is none, because the refusal is final.
   *
   * @param date the `Date` header of the refusal
   */
  insteadOf(refused: string, date: string | null): Promise<string | null>;
}

/**
 * How long before its expiry a token is renewed, because a call takes time to arrive. For a token with a
 * short lifetime, a tenth of that lifetime applies instead.
 */
const MARGIN_SECONDS = 60;

interface HeldToken {
  readonly token: string;
  readonly goodUntil: number;
}

/**
 * Keeps an access token until shortly before it expires. Concurrent calls share one token request.
 *
 * @param request requests a token from the vendor
 * @param now milliseconds since 1970
 */
export function tokenSource(request: () => Promise<AccessToken>, now: () => number = Date.now): TokenSource {
  let held: HeldToken | undefined;
  let pending: Promise<string> | undefined;

  const renew = async () => {
    // Starts to count the lifetime before the request is sent, because the vendor starts to count while it
    // handles the request.
    const asked = now();
    const { token, expiresInSeconds: life = Number.POSITIVE_INFINITY } = await request();
    held = { token, goodUntil: asked + (life - Math.min(MARGIN_SECONDS, life / 10)) * 1000 };
    return token;
  };
  const current = async () => {
    if (held && now() < held.goodUntil) return held.token;
    pending ??= renew().finally(() => {
      pending = undefined;
    });
    return pending;
  };
  return {
    current,
    insteadOf(refused) {
      if (held?.token === refused) held = undefined;
      return current();
    },
  };
}

/** Adds each token that a source returns to the secrets, so that no error quotes it. */
export function withSecrets(source: TokenSource, secrets: Pick<Secrets, "addToken">): TokenSource {
  const remember = <Token extends string | null>(token: Token) => {
    if (token !== null) secrets.addToken(token);
    return token;
  };
  return {
    current: async () => remember(await source.current()),
    insteadOf: async (refused, date) => remember(await source.insteadOf(refused, date)),
  };
}
