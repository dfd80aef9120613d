import { DELIVERY, type Delivery, EVENT, NOW, SECRETS, signature, signatures } from "./delivery.ts";
import { good, goodAmong, type SignatureCase } from "./signature-case.ts";

const { current, next, stranger, shortest, longest, slashes } = SECRETS;
const keys = [current];

const withBody = (body: string | Buffer): Delivery => ({ ...DELIVERY, body: Buffer.from(body) });
const signedAt = (seconds: number): Delivery => ({ ...DELIVERY, timestamp: String(seconds) });

const batch: Delivery = {
  id: "batch_01JD8ZA4M6P8R0T2V4X6Z8B0D2",
  timestamp: String(NOW),
  body: Buffer.from(JSON.stringify([EVENT, { ...EVENT, id: "evt_01JD8ZB5N7Q9S1U3W5Y7A9C1E3" }])),
};

/** Deliveries that verify with `v1`. */
export const V1_GOOD: readonly SignatureCase[] = [
  good("an event", [current], { keys }),
  good("the worked example of the contract", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], {
    keys: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    now: 1614265330,
    delivery: {
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      timestamp: "1614265330",
      body: Buffer.from('{"test": 2432232314}'),
    },
  }),
  good("a body with characters beyond ASCII", [current], {
    keys,
    delivery: withBody(
      JSON.stringify({ ...EVENT, data: { ...EVENT.data, status_reason: "Überwachung – 監視 🎥" } }),
    ),
  }),
  good("the same characters as JSON escapes, which are different bytes", [current], {
    keys,
    delivery: withBody(
      String.raw`{"specversion":"1.0","data":{"status_reason":"\u00dcberwachung \u2013 \u76e3\u8996 \ud83c\udfa5"}}`,
    ),
  }),
  good("a pretty-printed body", [current], { keys, delivery: withBody(JSON.stringify(EVENT, null, 2)) }),
  good("a body with CRLF and a final line end", [current], {
    keys,
    delivery: withBody(`${JSON.stringify(EVENT, null, 2).replaceAll("\n", "\r\n")}\r\n`),
  }),
  good("a body that begins with a byte order mark", [current], {
    keys,
    delivery: withBody(`\u{feff}${JSON.stringify(EVENT)}`),
  }),
  good("an empty object", [current], { keys, delivery: withBody("{}") }),
  good("an empty body", [current], { keys, delivery: withBody("") }),
  good("bytes that are not UTF-8", [current], {
    keys,
    delivery: withBody(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x00, 0xc3, 0x28, 0x22, 0x7d])),
    differs: { accepts: false, because: "The package converts the bytes to text, which changes them." },
  }),
  good("a batch, with a separate id", [current], {
    keys,
    delivery: batch,
    headers: { "content-type": "application/cloudevents-batch+json" },
  }),
  good("a secret of 24 bytes, the shortest allowed", [shortest], { keys: [shortest] }),
  good("a secret of 64 bytes, the longest allowed", [longest], { keys: [longest] }),
  good("a secret whose base64 has + and /", [slashes], { keys: [slashes] }),
  good("signed 300 seconds ago", [current], { keys, delivery: signedAt(NOW - 300) }),
  good("signed 300 seconds ahead", [current], { keys, delivery: signedAt(NOW + 300) }),
  good("rotation: signed with the new and the old secret, verified with both", [next, current], {
    keys: [next, current],
  }),
  good("rotation: signed with both, verified with only the old secret", [next, current], { keys }),
  good("rotation: signed with both, verified with only the new secret", [next, current], {
    keys: [next],
  }),
  good("rotation: signed with only the old secret, verified with both", [current], {
    keys: [next, current],
  }),
  good("several signatures, the last of which matches", [stranger, next, shortest, current], { keys }),
  goodAmong(
    "signatures of unknown schemes, and v1",
    `v9,AAAA ${signature(current, DELIVERY)} v2,${"A".repeat(43)}=`,
    { keys },
  ),
  goodAmong("a broken signature before the one that matches", `v1,%%% ${signature(current, DELIVERY)}`, {
    keys,
  }),
  goodAmong("header names in another letter case", signatures([current], DELIVERY), {
    keys,
    headers: {
      "webhook-id": undefined,
      "webhook-timestamp": undefined,
      "webhook-signature": undefined,
      "Webhook-Id": DELIVERY.id,
      "Webhook-Timestamp": DELIVERY.timestamp,
      "WEBHOOK-SIGNATURE": signature(current, DELIVERY),
    },
  }),
];
