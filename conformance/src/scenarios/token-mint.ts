import { randomUUID } from "node:crypto";
import type { Exchange } from "../evidence/exchange.ts";
import { readTokenTerms } from "../evidence/manifest.ts";
import { endOf, type JsonObject, objectOf } from "../evidence/read.ts";
import type { Clock } from "../harness/clock.ts";
import type { TokenParties } from "../harness/credentials.ts";
import {
  type Members,
  type SigningKey,
  signToken,
  type TokenChange,
  type TokenMint,
  type VendorTime,
} from "../harness/signed-token.ts";
import { CannotDriveError } from "./scenario.ts";

/** The lifetime of an assertion. @see spec/1.0/contract.md#oauth-2 */
const ASSERTION_SECONDS = 300;

/**
 * How many characters of a signature to search for in the evidence: as many as the shortest signature has, because a
 * search for longer texts is slow.
 */
const SECRET_LENGTH = 86;

/** Returns the middle of a signature. A token without this part is useless to an attacker. */
function middleOf(signature: string): string {
  const from = Math.max(0, Math.floor((signature.length - SECRET_LENGTH) / 2));
  return signature.slice(from, from + SECRET_LENGTH);
}

/** What a mint knows of the vendor. */
export interface VendorTerms {
  readonly manifest: JsonObject | null;
  /** How far the vendor's clock is ahead of this machine's clock, at least and at most, in seconds. */
  readonly ahead: readonly [number, number];
}

/**
 * Reads what a mint needs from the call that read the manifest. A cache may have answered with an old time, so the
 * range of the vendor's time always contains this machine's time.
 */
export function readVendorTerms(exchange: Exchange | null): VendorTerms {
  const { headers = {} } = exchange?.response ?? {};
  const date = Date.parse(headers["date"] ?? "");
  const manifest = exchange && objectOf(exchange);
  if (exchange === null || Number.isNaN(date)) return { manifest, ahead: [0, 0] };
  const offset = Math.round((date - endOf(exchange)) / 1000) + (Number(headers["age"]) || 0);
  return { manifest, ahead: [Math.min(0, offset), Math.max(0, offset)] };
}

/**
 * Creates the source of a run's signed tokens.
 *
 * @param vendor returns what is known of the vendor; it is not called before the manifest has been read
 * @param parties the issuer and audience to use in place of those in the manifest
 */
export function createTokenMint(vendor: () => VendorTerms, parties: TokenParties, clock: Clock): TokenMint {
  const signatures = new Map<string, string>();
  const shared = new Map<SigningKey, { readonly token: string; readonly renewAt: number }>();

  function time(): VendorTime {
    const [least, most] = vendor().ahead;
    const now = Math.floor(clock.now() / 1000);
    return { earliest: now + least, latest: now + most };
  }

  function terms() {
    const declared = readTokenTerms(vendor().manifest);
    if (declared === null)
      throw new CannotDriveError(
        "--private-key-file needs signed_jwt, but the manifest does not declare it; pass an API key with --api-key",
      );
    const issuer = parties.issuer ?? declared.issuer;
    if (issuer === null) throw new CannotDriveError("the manifest has no issuer for signed_jwt; see MAN-001");
    return { ...declared, issuer, audience: parties.audience ?? declared.audience };
  }

  function note(token: string): string {
    signatures.set(token, middleOf(token.slice(token.lastIndexOf(".") + 1)));
    return token;
  }

  function write({ key, algorithm, keyId }: SigningKey, claims: Members, change: TokenChange): string {
    const header = { alg: algorithm, typ: "JWT", kid: keyId, ...change.header };
    return note(signToken(key, algorithm, header, { ...claims, jti: randomUUID(), ...change.claims }));
  }

  function mint(key: SigningKey, change: TokenChange = {}): string {
    const { issuer, audience, maxLifetimeSeconds } = terms();
    const iat = time().earliest;
    const aud = audience ?? undefined;
    return write(key, { iss: issuer, aud, iat, exp: iat + maxLifetimeSeconds }, change);
  }

  return {
    get signatures() {
      return [...signatures.values()];
    },
    hasSigned: (token) => signatures.has(token),
    note,
    time,
    terms,
    mint,
    current(key) {
      const before = shared.get(key);
      if (before && clock.now() < before.renewAt) return before.token;
      const token = mint(key);
      shared.set(key, { token, renewAt: clock.now() + (terms().maxLifetimeSeconds / 2) * 1000 });
      return token;
    },
    assertion({ clientId, key }, audience, change = {}) {
      const iat = time().earliest;
      const claims = { iss: clientId, sub: clientId, aud: audience, iat, exp: iat + ASSERTION_SECONDS };
      return write(key, claims, change);
    },
  };
}
