import type { Body } from "./body.ts";
import { type Bytes, binaryText, utf8 } from "./bytes.ts";
import { CHARSET_MISTAKES } from "./charset-mistakes.ts";
import { type Choice, choicesOf, type Row } from "./choice.ts";
import { type Claim, claims, claimsOfLength, mistakesOf, wholeBytes } from "./claims.ts";
import { SIGNED_ID_MISTAKES } from "./id-mistakes.ts";
import { JSON_MISTAKES } from "./json-mistakes.ts";
import { KEY_MISTAKES } from "./key-mistakes.ts";
import { LAYOUTS } from "./layout-mistakes.ts";
import type { PublicKey, ReadKeys, Secret } from "./read-keys.ts";
import { SCHEMES } from "./scheme-mistakes.ts";
import type { Signer, Ways } from "./search.ts";
import { SIGNED_TIMESTAMP_MISTAKES } from "./signed-timestamp-mistakes.ts";
import { readTimestamp } from "./timestamp.ts";
import { WRAPPING_MISTAKES } from "./wrapping-mistakes.ts";

const ED25519_SIGNATURE_BYTES = 64;
/** A header with more is refused. */
const MOST_SIGNATURES = 16;

const right = <Value>(value: Value): Choice<Value> => ({ value, mistakes: [] });
const itself = (text: string): string => text;

/** A secret with every key and scheme that could have made one of the claims. */
function secretSigners(secret: Secret, all: readonly Claim[]): readonly Choice<Signer>[] {
  const keys = choicesOf(secret.bytes, KEY_MISTAKES, secret, binaryText);
  return SCHEMES.flatMap((scheme) => {
    const possible = claimsOfLength(all, scheme.value.digestBytes);
    if (possible.length === 0) return [];
    return keys.map(({ value, mistakes, alone = false }) => {
      let digestOf: ReturnType<typeof scheme.value.prepare> | undefined;
      const signs: Signer["signs"] = async (message) => {
        // Made ready at its first use: most ways are never tried.
        digestOf ??= scheme.value.prepare(value);
        const digest = await digestOf(message);
        const claim = possible.find((one) => claims(one, digest));
        return claim ? mistakesOf(claim, "v1") : null;
      };
      return { value: { signs, cost: 1 }, mistakes: [...mistakes, ...scheme.mistakes], alone };
    });
  });
}

function publicKeySigner(verifies: PublicKey, all: readonly Claim[]): readonly Choice<Signer>[] {
  const possible = claimsOfLength(all, ED25519_SIGNATURE_BYTES).slice(0, MOST_SIGNATURES);
  const signs: Signer["signs"] = async (message) => {
    for (const claim of possible) {
      const signature = wholeBytes(claim);
      if (signature && (await verifies(signature, message))) return mistakesOf(claim, "v1a");
    }
    return null;
  };
  return possible.length === 0 ? [] : [right({ signs, cost: possible.length })];
}

function timestamps(header: string): readonly Choice<string>[] {
  const read = readTimestamp(header);
  if (!read) return [right(header)];
  const { writing, seconds } = read;
  // Where the header's own writing is the mistake, either text may have been signed.
  if (writing !== "seconds") return [header, String(seconds), `${seconds}000`].map(right);
  return choicesOf(header, SIGNED_TIMESTAMP_MISTAKES, seconds, itself);
}

function ids(id: string, eventId: string | null): readonly Choice<string>[] {
  if (id === "") return [right(id), ...(eventId === null ? [] : [right(eventId)])];
  return choicesOf(id, SIGNED_ID_MISTAKES, { id, eventId }, itself);
}

const BODY_ROWS: readonly Row<Body, Bytes>[] = [
  ...CHARSET_MISTAKES,
  ...JSON_MISTAKES,
  ...WRAPPING_MISTAKES,
].map((row) => ({
  ...row,
  make: (body) => row.make(body).map((made) => (typeof made === "string" ? utf8(made) : made)),
}));

/** A delivery as far as it could be read. */
export interface ReadDelivery {
  readonly id: string;
  readonly timestamp: string;
  readonly claims: readonly Claim[];
  readonly body: Body;
  readonly eventId: string | null;
}

/** Every way in which a delivery could have been signed. */
export function waysToSign(delivery: ReadDelivery, { secrets, publicKeys }: ReadKeys): Ways {
  const { body } = delivery;
  const signers = [
    ...secrets.flatMap((secret) => secretSigners(secret, delivery.claims)),
    ...publicKeys.flatMap((key) => publicKeySigner(key, delivery.claims)),
  ];
  // Nothing in the header could be a signature, so there is nothing to look for.
  if (signers.length === 0) return { signers, ids: [], timestamps: [], layouts: [], bodies: [] };
  return {
    signers,
    ids: ids(delivery.id, delivery.eventId),
    timestamps: timestamps(delivery.timestamp),
    layouts: LAYOUTS,
    bodies: choicesOf(body.bytes, BODY_ROWS, body, binaryText),
  };
}
