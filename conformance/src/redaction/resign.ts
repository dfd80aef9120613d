import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { Delivery } from "../evidence/exchange.ts";
import { reformatBody } from "../evidence/read.ts";

const PREFIX = "whsec_";

/** Raw bytes at every call would cost several times as much, and there are thousands of deliveries. */
const keys = new Map<string, KeyObject>();

function keyOf(secret: string): KeyObject {
  const before = keys.get(secret);
  if (before) return before;
  const key = createSecretKey(Buffer.from(secret.slice(PREFIX.length), "base64"));
  keys.set(secret, key);
  return key;
}

/** The `v1` signature that a secret makes of a body. */
function signatureOf(secret: string, { headers }: Delivery, body: Buffer): string {
  const signed = `${headers["webhook-id"] ?? ""}.${headers["webhook-timestamp"] ?? ""}.`;
  return `v1,${createHmac("sha256", keyOf(secret)).update(signed).update(body).digest("base64")}`;
}

/** A delivery's bytes, and the same JSON as senders write it anew by mistake: a signature of those is known, too. */
const bodiesOf = (delivery: Delivery): Buffer[] => [
  Buffer.from(delivery.bodyBase64, "base64"),
  ...reformatBody(delivery).map((text) => Buffer.from(text)),
];

/**
 * Puts the stand-in's signature wherever a delivery has the secret's: what verified does, and what did not does not.
 *
 * @param delivery as it came
 * @param redacted the same with stand-ins
 */
export function resigned(
  delivery: Delivery,
  redacted: Delivery,
  standIns: ReadonlyMap<string, string>,
): Delivery {
  const sent = redacted.headers["webhook-signature"];
  if (sent === undefined) return redacted;
  const entries = sent.split(" ");
  const secrets = [...standIns].filter(([secret]) => secret.startsWith(PREFIX));
  const left = new Set(entries.filter((entry) => entry.startsWith("v1,")));
  const after = bodiesOf(redacted);
  const signatures = new Map<string, string>();
  for (const [index, body] of bodiesOf(delivery).entries()) {
    const replaced = after[index];
    for (const [secret, standIn] of secrets) {
      // Most are signed with one secret, over the bytes that came.
      if (left.size === 0 || !replaced) break;
      const signature = signatureOf(secret, delivery, body);
      if (left.delete(signature)) signatures.set(signature, signatureOf(standIn, redacted, replaced));
    }
  }
  const kept = entries.map((entry) => signatures.get(entry) ?? entry);
  return { ...redacted, headers: { ...redacted.headers, "webhook-signature": kept.join(" ") } };
}
