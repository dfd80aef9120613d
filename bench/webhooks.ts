import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { generateSecret, sign, verify } from "@convergint/webhooks";
import { Webhook } from "standardwebhooks";
import { inRounds, print } from "./rounds.ts";

const SIZES = { "300 B": 300, "2 KB": 2048, "64 KB": 65_536 } as const;

/** Signing and verifying against HMAC by hand with a prepared key, and against the package people would pick. */
export async function webhooks(): Promise<void> {
  for (const [label, size] of Object.entries(SIZES)) {
    const secret = generateSecret();
    const key = createSecretKey(Buffer.from(secret.slice("whsec_".length), "base64"));
    const body = Buffer.from(JSON.stringify({ filler: "x".repeat(size - 13) }));
    const text = body.toString();
    const headers = await sign({ id: "evt_1", body, keys: secret });
    const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = headers;
    const digest = Buffer.from(signature.slice(3), "base64");
    const hmac = () => createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
    const peer = new Webhook(secret);

    print(
      `verify, ${label}`,
      await inRounds([
        { name: "floor: hmac + timingSafeEqual", once: () => timingSafeEqual(hmac(), digest) },
        { name: "@convergint/webhooks", once: () => verify({ headers, body, keys: secret }) },
        { name: "standardwebhooks", once: () => peer.verify(text, headers, { jsonParse: false }) },
      ]),
    );
    print(
      `sign, ${label}`,
      await inRounds([
        { name: "floor: hmac", once: () => hmac().toString("base64") },
        { name: "@convergint/webhooks", once: () => sign({ id: "evt_1", body, keys: secret }) },
        { name: "standardwebhooks", once: () => peer.sign("evt_1", new Date(), text) },
      ]),
    );
  }
}
