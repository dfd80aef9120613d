import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { createSigner, createVerifier, generateSecret, sign } from "@convergint/webhooks";
import { verify as verifyAsGitHub } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { measureInRounds, print } from "./rounds.ts";

const SIZES = { "300 B": 300, "2 KB": 2048, "64 KB": 65_536 } as const;

/**
 * Measures signing and verifying. Compares them with other packages, and with a plain HMAC whose key is
 * imported in advance.
 */
export async function webhooks(): Promise<void> {
  for (const [label, size] of Object.entries(SIZES)) {
    const secret = generateSecret();
    const key = createSecretKey(Buffer.from(secret.slice("whsec_".length), "base64"));
    const body = Buffer.from(JSON.stringify({ filler: "x".repeat(size - 13) }));
    const text = body.toString();
    const headers = await sign({ id: "evt_1", body, keys: secret });
    const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = headers;
    const digest = Buffer.from(signature.slice(3), "base64");
    const hmac = () => createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body);
    const verify = createVerifier({ keys: secret });
    const signPrepared = createSigner({ keys: secret });
    const [peer, svix] = [new Webhook(secret), new SvixWebhook(secret)];
    const github = `sha256=${createHmac("sha256", "secret").update(text).digest("hex")}`;

    print(
      `verify, ${label}`,
      await measureInRounds([
        { name: "floor: hmac + timingSafeEqual", once: () => timingSafeEqual(hmac().digest(), digest) },
        { name: "@convergint/webhooks", once: () => verify({ headers, body }) },
        { name: "standardwebhooks", once: () => peer.verify(text, headers, { jsonParse: false }) },
        { name: "svix", once: () => svix.verify(text, headers) },
        { name: "@octokit/webhooks-methods", once: () => verifyAsGitHub("secret", text, github) },
      ]),
    );
    print(
      `sign, ${label}`,
      await measureInRounds([
        { name: "floor: hmac", once: () => hmac().digest("base64") },
        { name: "createSigner", once: () => signPrepared({ id: "evt_1", body }) },
        { name: "sign", once: () => sign({ id: "evt_1", body, keys: secret }) },
        { name: "standardwebhooks", once: () => peer.sign("evt_1", new Date(), text) },
      ]),
    );
  }
}
