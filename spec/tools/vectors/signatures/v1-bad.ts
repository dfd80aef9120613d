import {
  DELIVERY,
  type Delivery,
  EVENT,
  hmac,
  NOW,
  SECRETS,
  secretBytes,
  signature,
  signedContent,
} from "./delivery.ts";
import { bad, type SignatureCase } from "./signature-case.ts";

const { current, next, stranger } = SECRETS;
const keys = [current];
const key = secretBytes(current);
const right = signature(current, DELIVERY);
const content = signedContent(DELIVERY);

const wrong = (reason: string, explanation: string) => ({ reason, requirement: "SIG-001", explanation });
const untimely = (reason: string, explanation: string) => ({ reason, requirement: "SIG-002", explanation });
const misnamed = (reason: string, explanation: string) => ({ reason, requirement: "SIG-003", explanation });

const signedAt = (timestamp: number | string): Delivery => ({ ...DELIVERY, timestamp: String(timestamp) });
const withId = (id: string): Delivery => ({ ...DELIVERY, id });
const withBody = (body: string): Delivery => ({ ...DELIVERY, body: Buffer.from(body) });

const text = DELIVERY.body.toString();

/** Deliveries signed by another party, or over other content. */
const OTHER_CONTENT: readonly SignatureCase[] = [
  bad(
    "signed with another secret",
    wrong("other_secret", "The secret belongs to another endpoint."),
    signature(stranger, DELIVERY),
    { keys },
  ),
  bad(
    "signed with a replaced secret after the rotation",
    wrong("other_secret", "The rotation is over: the old secret is no longer among the verifier's keys."),
    right,
    { keys: [next] },
  ),
  bad(
    "one byte of the body differs",
    wrong("body_changed", "One letter of the status changed in transit."),
    right,
    { keys, delivery: withBody(text.replace('"offline"', '"0ffline"')) },
  ),
  bad(
    "one byte was added to the body",
    wrong("body_changed", "A line end was added to the body after signing."),
    right,
    { keys, delivery: withBody(`${text}\n`) },
  ),
  bad(
    "the body was parsed and serialized again",
    wrong("body_reserialised", "JSON serialized again from an object differs from the signed bytes."),
    signature(current, withBody(JSON.stringify(EVENT, null, 2))),
    { keys },
  ),
  bad(
    "the members of the body are in another order",
    wrong("body_reserialised", "The same object in another order has different bytes."),
    right,
    { keys, delivery: withBody(JSON.stringify(Object.fromEntries(Object.entries(EVENT).toReversed()))) },
  ),
  bad("the id differs", wrong("id_changed", "The id is part of the signed content."), right, {
    keys,
    delivery: withId("evt_01JD8ZB5N7Q9S1U3W5Y7A9C1E3"),
  }),
  bad(
    "the timestamp differs, within the tolerance",
    wrong(
      "timestamp_changed",
      "The timestamp is part of the signed content, so a replay cannot get a new timestamp.",
    ),
    signature(current, signedAt(NOW - 200)),
    { keys },
  ),
  bad(
    "only the body was signed",
    wrong("body_signed_alone", "The signed content is id.timestamp.body, not only the body."),
    `v1,${hmac(key, DELIVERY.body)}`,
    { keys },
  ),
  bad(
    "the signed content lacks the id",
    wrong("id_not_signed", "The signed content is id.timestamp.body, not timestamp.body."),
    `v1,${hmac(key, Buffer.from(`${DELIVERY.timestamp}.${text}`))}`,
    { keys },
  ),
];

/** Deliveries with the right content, signed or encoded in the wrong way. */
const OTHER_WRITING: readonly SignatureCase[] = [
  bad(
    "keyed with the text whsec_…",
    wrong("secret_text_as_key", "The key is the decoded base64, not the text of the secret."),
    `v1,${hmac(Buffer.from(current), content)}`,
    { keys },
  ),
  bad(
    "keyed with the base64 after whsec_, not decoded",
    wrong("secret_not_decoded", "Decode the base64 after whsec_ to get the key."),
    `v1,${hmac(Buffer.from(current.slice("whsec_".length)), content)}`,
    { keys },
  ),
  bad(
    "in hex",
    wrong("hex_signature", "The signature is base64, not hex."),
    `v1,${hmac(key, content, "sha256", "hex")}`,
    { keys },
  ),
  bad(
    "in base64url",
    wrong("base64url_signature", "The signature is base64: with + and /, and with = at the end."),
    `v1,${hmac(key, content, "sha256", "base64url")}`,
    { keys },
  ),
  bad(
    "without v1,",
    wrong("version_missing", "Each signature starts with the version and a comma."),
    hmac(key, content),
    { keys },
  ),
  bad(
    "with the prefix sha256=",
    wrong("other_prefix", "Other products use the prefix sha256=. Here, the prefix is v1 and a comma."),
    `sha256=${hmac(key, content, "sha256", "hex")}`,
    { keys },
  ),
  bad(
    "with the prefix v1=",
    wrong("other_prefix", "The version is followed by a comma, not by an equals sign."),
    `v1=${hmac(key, content)}`,
    { keys },
  ),
  bad(
    "two signatures separated by a comma",
    wrong("other_separator", "Signatures are separated by a space."),
    `${signature(next, DELIVERY)},${right}`,
    { keys },
  ),
  bad("by HMAC-SHA1", wrong("other_algorithm", "v1 is HMAC-SHA256."), `v1,${hmac(key, content, "sha1")}`, {
    keys,
  }),
  bad(
    "by HMAC-SHA512",
    wrong("other_algorithm", "v1 is HMAC-SHA256."),
    `v1,${hmac(key, content, "sha512")}`,
    { keys },
  ),
  bad(
    "cut short",
    wrong(
      "incomplete_signature",
      "Verifiers compare the whole signature, so a part of the signature is not enough.",
    ),
    right.slice(0, 15),
    { keys },
  ),
  bad("empty", wrong("incomplete_signature", "A version without a signature is not a signature."), "v1,", {
    keys,
  }),
  bad(
    "only of an unknown scheme",
    wrong("no_v1_signature", "Verifiers skip unknown schemes, and this delivery has no other signature."),
    `v9,${hmac(key, content)}`,
    { keys },
  ),
];

const withTrailer = `${NOW}.0`;

/** Deliveries with missing or invalid headers. */
const OTHER_HEADERS: readonly SignatureCase[] = [
  ...(["webhook-id", "webhook-timestamp", "webhook-signature"] as const).map((header) =>
    bad(
      `without ${header}`,
      {
        reason: "missing_header",
        requirement: {
          "webhook-id": "SIG-003",
          "webhook-timestamp": "SIG-002",
          "webhook-signature": "SIG-001",
        }[header],
        explanation: `The header ${header} is missing.`,
      },
      right,
      { keys, headers: { [header]: undefined } },
    ),
  ),
  bad(
    "signed 301 seconds ago",
    untimely("timestamp_too_old", "More than 5 minutes have passed since this attempt was signed."),
    signature(current, signedAt(NOW - 301)),
    { keys, delivery: signedAt(NOW - 301) },
  ),
  bad(
    "signed 301 seconds ahead",
    untimely("timestamp_too_new", "This attempt is signed with a clock that is more than 5 minutes ahead."),
    signature(current, signedAt(NOW + 301)),
    { keys, delivery: signedAt(NOW + 301) },
  ),
  bad(
    "a timestamp in milliseconds",
    untimely("timestamp_not_unix_seconds", "The timestamp is seconds since 1970, not milliseconds."),
    signature(current, signedAt(NOW * 1000)),
    { keys, delivery: signedAt(NOW * 1000) },
  ),
  bad(
    "a timestamp in RFC 3339",
    untimely("timestamp_not_unix_seconds", "The timestamp is seconds since 1970, not a date."),
    signature(current, signedAt(new Date(NOW * 1000).toISOString())),
    { keys, delivery: signedAt(new Date(NOW * 1000).toISOString()) },
  ),
  bad(
    "a timestamp with a fraction",
    untimely("timestamp_not_unix_seconds", "The timestamp is whole seconds: only digits."),
    right,
    {
      keys,
      delivery: signedAt(withTrailer),
      differs: { accepts: true, because: "The package reads the digits and ignores the rest." },
    },
  ),
  bad(
    "an id with a dot",
    misnamed("dot_in_id", "With a dot in the id, id.timestamp.body could be split differently."),
    signature(current, withId("evt.01JD8Z5N6Q7R8S9T0V1W2X3Y4Z")),
    {
      keys,
      delivery: withId("evt.01JD8Z5N6Q7R8S9T0V1W2X3Y4Z"),
      differs: { accepts: true, because: "The package accepts any id." },
    },
  ),
  bad(
    "an old delivery, split differently",
    misnamed(
      "dot_in_id",
      "The webhook-id consists of an old delivery's id and timestamp. The timestamp and the body are parts of the old delivery's body.",
    ),
    signature(current, { id: "evt_1", timestamp: "1764000000", body: Buffer.from(`${NOW}.{}`) }),
    {
      keys,
      delivery: { id: "evt_1.1764000000", timestamp: String(NOW), body: Buffer.from("{}") },
      differs: { accepts: true, because: "The package accepts any id." },
    },
  ),
];

/** Deliveries that a `v1` verifier must refuse. */
export const V1_BAD: readonly SignatureCase[] = [...OTHER_CONTENT, ...OTHER_WRITING, ...OTHER_HEADERS];
