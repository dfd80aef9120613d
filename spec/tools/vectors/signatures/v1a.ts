import { sign } from "node:crypto";
import {
  DELIVERY,
  type Delivery,
  hmac,
  KEY_PAIRS,
  NOW,
  SECRETS,
  signature,
  signedContent,
} from "./delivery.ts";
import { bad, good, goodAmong, type SignatureCase } from "./signature-case.ts";

const { current, next, stranger } = KEY_PAIRS;
const known = { scheme: "v1a", keys: [current.public] } as const;
const right = signature(current.secret, DELIVERY);
const bytes = Buffer.from(right.slice("v1a,".length), "base64");

const wrong = (reason: string, explanation: string) => ({ reason, requirement: "SIG-004", explanation });

const withBody = (body: string | Buffer): Delivery => ({ ...DELIVERY, body: Buffer.from(body) });
const signedAt = (seconds: number): Delivery => ({ ...DELIVERY, timestamp: String(seconds) });

/** The order of the Ed25519 group. */
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/**
 * Adds the group's order to the second half of a signature. RFC 8032 requires verifiers to refuse the result.
 */
function withOrderAdded(signed: Buffer): Buffer {
  const scalar = BigInt(`0x${Buffer.from(signed.subarray(32)).reverse().toString("hex")}`) + GROUP_ORDER;
  const half = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex").reverse();
  return Buffer.concat([signed.subarray(0, 32), half]);
}

const GOOD: readonly SignatureCase[] = [
  good("v1a: an event", [current.secret], known),
  good("v1a: a body with characters beyond ASCII", [current.secret], {
    ...known,
    delivery: withBody('{"name":"Überwachung – 監視 🎥"}'),
  }),
  good("v1a: bytes that are not UTF-8", [current.secret], {
    ...known,
    delivery: withBody(Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])),
  }),
  good("v1a: with v1, verified with only the public key", [SECRETS.current, current.secret], known),
  good("v1a: with v1, verified with both keys", [SECRETS.current, current.secret], {
    ...known,
    keys: [SECRETS.current, current.public],
  }),
  good("v1a: signed 300 seconds ago", [current.secret], { ...known, delivery: signedAt(NOW - 300) }),
  good("v1a: rotation: signed with both keys, verified with both", [next.secret, current.secret], {
    ...known,
    keys: [next.public, current.public],
  }),
  good(
    "v1a: rotation: signed with both keys, verified with the old one",
    [next.secret, current.secret],
    known,
  ),
  good("v1a: rotation: signed with the old key, while the manifest has both", [current.secret], {
    ...known,
    keys: [next.public, current.public],
  }),
  goodAmong("v1a: with a signature of an unknown scheme", `v9,AAAA ${right}`, known),
];

const BAD: readonly SignatureCase[] = [
  bad(
    "v1a: signed with another key",
    wrong("other_key", "The public half of the key is not in the manifest."),
    signature(stranger.secret, DELIVERY),
    known,
  ),
  bad("v1a: one byte of the body differs", wrong("body_changed", "The body changed in transit."), right, {
    ...known,
    delivery: withBody(DELIVERY.body.toString().replace("cam_1", "cam_2")),
  }),
  bad(
    "v1a: only the body was signed",
    wrong("body_signed_alone", "The signed content is id.timestamp.body, as for v1."),
    `v1a,${sign(null, DELIVERY.body, current.signer).toString("base64")}`,
    known,
  ),
  bad(
    "v1a: labelled v1",
    wrong("other_label", "The label names the algorithm: v1a is Ed25519, v1 is not."),
    right.replace("v1a,", "v1,"),
    known,
  ),
  bad(
    "v1a: a v1 signature that is keyed with the public key",
    wrong(
      "algorithm_confusion",
      "The key is public: a verifier uses a whpk_ key only for Ed25519, never for an HMAC.",
    ),
    `v1,${hmac(Buffer.from(current.public.slice("whpk_".length), "base64"), signedContent(DELIVERY))}`,
    known,
  ),
  bad(
    "v1a: only a v1 signature",
    wrong(
      "no_v1a_signature",
      "The verifier has only a public key, but no signature was made with its private half.",
    ),
    signature(SECRETS.current, DELIVERY),
    known,
  ),
  bad(
    "v1a: in base64url",
    wrong("base64url_signature", "The signature is base64: with + and /, and with = at the end."),
    `v1a,${bytes.toString("base64url")}`,
    known,
  ),
  bad(
    "v1a: in hex",
    wrong("hex_signature", "The signature is base64, not hex."),
    `v1a,${bytes.toString("hex")}`,
    known,
  ),
  bad(
    "v1a: one byte short",
    wrong("incomplete_signature", "An Ed25519 signature has 64 bytes."),
    `v1a,${bytes.subarray(0, 63).toString("base64")}`,
    known,
  ),
  bad(
    "v1a: with the order of the group added",
    wrong(
      "malleable_signature",
      "A verifier must refuse a signature whose second half is greater than or equal to L, the constant of Ed25519 in RFC 8032 (5.1.7).",
    ),
    `v1a,${withOrderAdded(bytes).toString("base64")}`,
    known,
  ),
  bad(
    "v1a: signed 301 seconds ago",
    {
      reason: "timestamp_too_old",
      requirement: "SIG-002",
      explanation: "More than 5 minutes have passed since this attempt was signed.",
    },
    signature(current.secret, signedAt(NOW - 301)),
    { ...known, delivery: signedAt(NOW - 301) },
  ),
  bad(
    "v1a: an id with a dot",
    {
      reason: "dot_in_id",
      requirement: "SIG-003",
      explanation: "With a dot in the id, id.timestamp.body could be split differently.",
    },
    signature(current.secret, { ...DELIVERY, id: "evt.1" }),
    { ...known, delivery: { ...DELIVERY, id: "evt.1" } },
  ),
];

/** Deliveries signed with Ed25519, good and bad. */
export const V1A: readonly SignatureCase[] = [...GOOD, ...BAD];
