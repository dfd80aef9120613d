import { createHmac } from "node:crypto";
import type { Delivery } from "../evidence/exchange.ts";
import { otherWritingsOf } from "../evidence/other-writings.ts";

const PREFIX = "whsec_";

/** The `v1` signature that a secret makes of a body. */
function signatureOf(secret: string, { headers }: Delivery, body: Buffer): string {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  const signed = `${headers["webhook-id"] ?? ""}.${headers["webhook-timestamp"] ?? ""}.`;
  return `v1,${createHmac("sha256", key).update(signed).update(body).digest("base64")}`;
}

/** A delivery's bytes, and the same JSON as senders write it anew by mistake: a signature of those is known, too. */
const bodiesOf = (delivery: Delivery): Buffer[] => [
  Buffer.from(delivery.bodyBase64, "base64"),
  ...otherWritingsOf(delivery).map((text) => Buffer.from(text)),
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
  const before = bodiesOf(delivery);
  const after = bodiesOf(redacted);
  const signatures = new Map<string, string>();
  for (const [secret, standIn] of standIns) {
    if (!secret.startsWith(PREFIX)) continue;
    for (const [index, body] of before.entries()) {
      const replaced = after[index];
      if (!replaced) continue;
      signatures.set(signatureOf(secret, delivery, body), signatureOf(standIn, redacted, replaced));
    }
  }
  const entries = sent.split(" ").map((entry) => signatures.get(entry) ?? entry);
  return { ...redacted, headers: { ...redacted.headers, "webhook-signature": entries.join(" ") } };
}
