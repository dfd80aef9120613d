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
 * Lists functions that return the bodies which a signature may cover: the bytes as received, and the same JSON in the
 * forms in which some senders serialize it again by mistake. Most signatures cover the bytes as received.
 */
const bodiesOf = (delivery: Delivery): (() => readonly Buffer[])[] => [
  () => [Buffer.from(delivery.bodyBase64, "base64")],
  () => reformatBody(delivery).map((text) => Buffer.from(text)),
];

/**
 * Creates a function that replaces each signature made with a secret by the signature made with the secret's
 * placeholder. Valid signatures stay valid, invalid ones stay invalid. The function takes a delivery as received,
 * and the same delivery with placeholders.
 */
export function createResigner(
  placeholders: ReadonlyMap<string, string>,
): (delivery: Delivery, redacted: Delivery) => Delivery {
  // The secret that matched last comes first, because the deliveries of one endpoint follow one another.
  const secrets = [...placeholders].filter(([secret]) => secret.startsWith(PREFIX));
  const useFirst = (index: number) => secrets.unshift(...secrets.splice(index, 1));
  return (delivery, redacted) => {
    const sent = redacted.headers["webhook-signature"];
    if (sent === undefined) return redacted;
    const entries = sent.split(" ");
    const left = new Set(entries.filter((entry) => entry.startsWith("v1,")));
    const signatures = new Map<string, string>();
    const after = bodiesOf(redacted);
    for (const [form, list] of bodiesOf(delivery).entries()) {
      if (left.size === 0) break;
      const replaced = after[form]?.() ?? [];
      for (const [index, body] of list().entries()) {
        const other = replaced[index];
        for (const [place, [secret, placeholder]] of [...secrets].entries()) {
          if (left.size === 0 || !other) break;
          const signature = computeSignature(secret, delivery, body);
          if (!left.delete(signature)) continue;
          signatures.set(signature, computeSignature(placeholder, redacted, other));
          useFirst(place);
        }
      }
    }
    const kept = entries.map((entry) => signatures.get(entry) ?? entry);
    return { ...redacted, headers: { ...redacted.headers, "webhook-signature": kept.join(" ") } };
  };
}
