import type { Body } from "./body.ts";
import { type Bytes, fingerprint, utf8 } from "./bytes.ts";
import { CHARSET_MISTAKES } from "./charset-mistakes.ts";
import { type Choice, choicesOf, type Row } from "./choice.ts";
import { type Claim, claimsOfLength, matchesClaim, mistakesOf, wholeBytes } from "./claims.ts";
import { SIGNED_ID_MISTAKES } from "./id-mistakes.ts";
import { JSON_MISTAKES } from "./json-mistakes.ts";
import { KEY_MISTAKES } from "./key-mistakes.ts";
import { LAYOUTS } from "./layout-mistakes.ts";
import type { PublicKey, ReadKeys, Secret } from "./read-keys.ts";
import { SCHEMES } from "./scheme-mistakes.ts";
import type { Candidates, Signer } from "./search.ts";
import { SIGNED_TIMESTAMP_MISTAKES } from "./signed-timestamp-mistakes.ts";
import { readTimestamp } from "./timestamp.ts";
import { WRAPPING_MISTAKES } from "./wrapping-mistakes.ts";

const ED25519_SIGNATURE_BYTES = 64;
/** A verifier refuses a header with more signatures than this. */
const MAX_SIGNATURES = 16;

const right = <Value>(value: Value): Choice<Value> => ({ value, mistakes: [] });

/** Lists each combination of key and scheme that could have produced one of the claims from a secret. */
function listSecretSigners(secret: Secret, all: readonly Claim[]): readonly Choice<Signer>[] {
  let keys: readonly Choice<Bytes>[] | undefined;
  return SCHEMES.flatMap((scheme) => {
    const possible = claimsOfLength(all, scheme.value.digestBytes);
    if (possible.length === 0) return [];
    // Reads the key in other ways only now, because most texts that are not a signature do not fit any scheme.
    keys ??= choicesOf(secret.bytes, KEY_MISTAKES, secret, fingerprint);
    return keys.map(({ value, mistakes, exclusive = false }) => {
      let digestOf: ReturnType<typeof scheme.value.prepare> | undefined;
      const findSignature: Signer["findSignature"] = async (message) => {
        // The key is prepared only when it is first used, because the search never tries most candidates.
        digestOf ??= scheme.value.prepare(value);
        const digest = await digestOf(message);
        const claim = possible.find((one) => matchesClaim(one, digest));
        return claim ? mistakesOf(claim, "v1") : null;
      };
      return { value: { findSignature, cost: 1 }, mistakes: [...mistakes, ...scheme.mistakes], exclusive };
    });
  });
}

function listPublicKeySigners(verifies: PublicKey, all: readonly Claim[]): readonly Choice<Signer>[] {
  const possible = claimsOfLength(all, ED25519_SIGNATURE_BYTES).slice(0, MAX_SIGNATURES);
  const findSignature: Signer["findSignature"] = async (message) => {
    for (const claim of possible) {
      const signature = wholeBytes(claim);
      if (signature && (await verifies(signature, message))) return mistakesOf(claim, "v1a");
    }
    return null;
  };
  return possible.length === 0 ? [] : [right({ findSignature, cost: possible.length })];
}

function listTimestamps(header: string, eventTime: number | null): readonly Choice<string>[] {
  const read = readTimestamp(header);
  if (!read) return [right(header)];
  const { format, seconds } = read;
  // If the header has the wrong format, the sender may have signed either the header's text or the time in
  // another format.
  if (format !== "seconds") return [header, String(seconds), `${seconds}000`].map(right);
  return choicesOf(header, SIGNED_TIMESTAMP_MISTAKES, { seconds, eventTime }, String);
}

function listIds(id: string, eventId: string | null): readonly Choice<string>[] {
  if (id === "") return [right(id), ...(eventId === null ? [] : [right(eventId)])];
  return choicesOf(id, SIGNED_ID_MISTAKES, { id, eventId }, String);
}

/** Lists the bodies that may have been signed, up to the limit of work. */
function listBodies(body: Body): Pick<Candidates, "bodies" | "gaveUp"> {
  let left = body.maxRewrites;
  const rows = [...CHARSET_MISTAKES, ...JSON_MISTAKES, ...WRAPPING_MISTAKES].map(
    (row): Row<Body, Bytes> => ({
      ...row,
      *make() {
        if (left > 0)
          for (const made of row.make(body)) {
            yield typeof made === "string" ? utf8(made) : made;
            left -= 1;
            if (left <= 0) return;
          }
      },
    }),
  );
  return { bodies: choicesOf(body.bytes, rows, body, fingerprint), gaveUp: left <= 0 };
}

/** The readable parts of a delivery. */
export interface ReadDelivery {
  readonly id: string;
  readonly timestamp: string;
  readonly claims: readonly Claim[];
  readonly body: Body;
  readonly eventId: string | null;
  /** Unix seconds. */
  readonly eventTime: number | null;
}

/** Lists every way in which a delivery could have been signed. */
export function listCandidates(delivery: ReadDelivery, { secrets, publicKeys }: ReadKeys): Candidates {
  const { body } = delivery;
  const signers = [
    ...secrets.flatMap((secret) => listSecretSigners(secret, delivery.claims)),
    ...publicKeys.flatMap((key) => listPublicKeySigners(key, delivery.claims)),
  ];
  // No part of the header can be a signature, so there is nothing to search for.
  if (signers.length === 0)
    return { signers, ids: [], timestamps: [], layouts: [], bodies: [], gaveUp: false };
  return {
    signers,
    ids: listIds(delivery.id, delivery.eventId),
    timestamps: listTimestamps(delivery.timestamp, delivery.eventTime),
    layouts: LAYOUTS,
    ...listBodies(body),
  };
}
