import type { AccessToken } from "./access-token.ts";

/** Where calls get their access tokens from. */
export interface TokenSource {
  /** A token that is good for a while yet. */
  current(): Promise<string>;
  /** Another one than that which the vendor refused. */
  insteadOf(refused: string): Promise<string>;
}

/** A token is renewed this long before it expires, or a tenth of its life where that is less: calls take time. */
const MARGIN_SECONDS = 60;

interface HeldToken {
  readonly token: string;
  readonly goodUntil: number;
}

/**
 * Keeps an access token until shortly before it expires. However many calls need one at a time, it is asked for once.
 *
 * @param request asks the vendor for a token
 */
export function tokenSource(request: () => Promise<AccessToken>): TokenSource {
  let held: HeldToken | undefined;
  let pending: Promise<string> | undefined;

  const renew = async () => {
    // Counted from before the request: the vendor's clock starts somewhere on the way.
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
