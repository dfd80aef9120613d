import type { AccessToken } from "./access-token.ts";

/** A source of access tokens. */
export interface TokenSource {
  /** Returns a token that does not expire soon. */
  current(): Promise<string>;
  /** Returns a token that differs from the refused one. */
  insteadOf(refused: string): Promise<string>;
}

/**
 * How long before its expiry a token is renewed, because a call takes time to arrive. If a tenth of the
 * token's lifetime is shorter, that time applies.
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
 */
export function tokenSource(request: () => Promise<AccessToken>): TokenSource {
  let held: HeldToken | undefined;
  let pending: Promise<string> | undefined;

  const renew = async () => {
    // The lifetime is counted from before the request, because the vendor
    // starts counting while it handles the request.
    const asked = Date.now();
    const { token, expiresInSeconds: life = Number.POSITIVE_INFINITY } = await request();
    held = { token, goodUntil: asked + (life - Math.min(MARGIN_SECONDS, life / 10)) * 1000 };
    return token;
  };
  const current = async () => {
    if (held && Date.now() < held.goodUntil) return held.token;
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
