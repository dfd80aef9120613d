import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { Delivery } from "../evidence/exchange.ts";
import { reformatBody } from "../evidence/read.ts";

const PREFIX = "whsec_";

/**
 * Caches imported keys: importing a key costs more than signing with it, and a run has thousands of
 * deliveries.
 */
const keys = new Map<string, KeyObject>();

function importKey(secret: string): KeyObject {
  const before = keys.get(secret);
  if (before) return before;
  const key = createSecretKey(Buffer.from(secret.slice(PREFIX.length), "base64"));
  keys.set(secret, key);
  return key;
}

/** Computes the `v1` signature of a body. */
function computeSignature(secret: string, { headers }: Delivery, body: Buffer): string {
  const signed = `${headers["webhook-id"] ?? ""}.${headers["webhook-timestamp"] ?? ""}.`;
  return `v1,${createHmac("sha256", importKey(secret)).update(signed).update(body).digest("base64")}`;
}

/**
 * Lists the bodies that a signature may cover: the bytes as received, and the same JSON in the forms in which
 * some senders serialize it again by mistake.
 */
const listBodies = (delivery: Delivery): Buffer[] => [
  Buffer.from(delivery.bodyBase64, "base64"),
  ...reformatBody(delivery).map((text) => Buffer.from(text)),
];

/**
 * Replaces each signature made with a secret by the signature made with the secret's placeholder. Valid
 * signatures stay valid, invalid ones stay invalid.
 *
 * @param delivery the delivery as received
 * @param redacted the same delivery with placeholders
 */
export function resign(
  delivery: Delivery,
  redacted: Delivery,
  placeholders: ReadonlyMap<string, string>,
): Delivery {
  const sent = redacted.headers["webhook-signature"];
  if (sent === undefined) return redacted;
  const entries = sent.split(" ");
  const secrets = [...placeholders].filter(([secret]) => secret.startsWith(PREFIX));
  const left = new Set(entries.filter((entry) => entry.startsWith("v1,")));
  const after = listBodies(redacted);
  const signatures = new Map<string, string>();
  for (const [index, body] of listBodies(delivery).entries()) {
    const replaced = after[index];
    for (const [secret, placeholder] of secrets) {
      // In most cases, one of the secrets matches the signature of the bytes exactly as they were received.
      if (left.size === 0 || !replaced) break;
      const signature = computeSignature(secret, delivery, body);
      if (left.delete(signature))
        signatures.set(signature, computeSignature(placeholder, redacted, replaced));
    }
  }
  const kept = entries.map((entry) => signatures.get(entry) ?? entry);
  return { ...redacted, headers: { ...redacted.headers, "webhook-signature": kept.join(" ") } };
}
