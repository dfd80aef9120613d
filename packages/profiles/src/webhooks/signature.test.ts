import { createHmac } from "node:crypto";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import type { SignatureRule } from "./document.ts";
import { compileSignature } from "./signature.ts";
import { findSignatureProblems } from "./signature-format.ts";

const BODY = Buffer.from('{"event_id":"e-1","name":"Café \\u00e9"}');
const SECRET = "correct horse battery staple";
const BYTES_0_TO_31 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const SENT = 1_764_541_800;
const receivedAt = new Date(SENT * 1_000);

type Hmac = Extract<SignatureRule, { readonly signed: string }>;
const hmac = (rule: Partial<Hmac>): Hmac => ({
  algorithm: "hmac_sha256",
  header: "X-Signature",
  format: "{hex}",
  signed: "{body}",
  key: "utf8",
  ...rule,
});
const seconds = (header?: string) => ({ header, unit: "seconds", tolerance_seconds: 300 }) as const;

interface Example {
  readonly rule: SignatureRule;
  readonly secret?: string;
  readonly headers: Readonly<Record<string, string>>;
}

const CONVERGINT_PAGE = hmac({
  header: "X-Webhook-Signature",
  format: "sha256={hex}",
  timestamp: seconds("X-Webhook-Timestamp"),
});
const STRIPE = hmac({
  header: "Stripe-Signature",
  format: "t={timestamp},v1={hex}",
  separator: ",",
  signed: "{timestamp}.{body}",
  timestamp: seconds(),
});
const STRIPE_HEX = "56f4f9cfc7390303d3fd5dd62ae47084880376ee1e0c5a49239bb974abd4a7b1";
const BODY_HEX = "87861c8ce0c406b7f83bc48202dfa83a8f46e61c0fad8745c7fef6e24655f881";
const STANDARD_DIGEST = "3xmzpGqcmsH1HR9RQHRwu7xEa80VYMVH9yGEgNU12dk=";

/**
 * Made with Python's hmac module, for BODY in UTF-8 as `body`, SECRET as `k`, bytes(range(32)) as `r` and b"1764541800"
 * as `ts`. For example Stripe's: hmac.new(k, ts + b"." + body, "sha256").hexdigest(); Verkada's: body + b"|" + ts;
 * Samsara's: hmac.new(r, b"v1:" + ts + b":" + body, "sha256"); Standard Webhooks': r, b"msg_1." + ts + b"." + body.
 */
const EXAMPLES: Readonly<Record<string, Example>> = {
  "Convergint's page": {
    rule: CONVERGINT_PAGE,
    headers: { "x-webhook-signature": `sha256=${BODY_HEX}`, "x-webhook-timestamp": `${SENT}` },
  },
  Stripe: { rule: STRIPE, headers: { "stripe-signature": `t=${SENT},v1=${STRIPE_HEX},v0=6ffbb59b` } },
  GitHub: {
    rule: hmac({ header: "X-Hub-Signature-256", format: "sha256={hex}" }),
    headers: { "x-hub-signature-256": `sha256=${BODY_HEX}` },
  },
  Verkada: {
    rule: hmac({
      header: "Verkada-Signature",
      format: "{timestamp}|{hex}",
      signed: "{body}|{timestamp}",
      timestamp: seconds(),
    }),
    headers: {
      "verkada-signature": `${SENT}|3936ab94386e0ce5c668f9e5415bf768adfdc7a8358a0f430ea6652f2ac9f623`,
    },
  },
  "Mist v2": { rule: hmac({ header: "X-Mist-Signature-v2" }), headers: { "x-mist-signature-v2": BODY_HEX } },
  Samsara: {
    rule: hmac({
      header: "X-Samsara-Signature",
      format: "v1={hex}",
      signed: "v1:{timestamp}:{body}",
      key: "base64",
      timestamp: seconds("X-Samsara-Timestamp"),
    }),
    secret: BYTES_0_TO_31,
    headers: {
      "x-samsara-signature": "v1=43914af91909e08a4064f8954d96c95035cb87c6ec572761892c4f3da4f58bbe",
      "x-samsara-timestamp": `${SENT}`,
    },
  },
  "Ring and Kisi": { rule: hmac({}), headers: { "x-signature": BODY_HEX } },
  "Rhombus, with SHA-1": {
    rule: hmac({ algorithm: "hmac_sha1", header: "x-rhombus-signature-sha1" }),
    headers: { "x-rhombus-signature-sha1": "3b37736c70e8fab04440b08ad42f5a6e4bdd91bd" },
  },
  "base64 of SHA-512": {
    rule: hmac({ algorithm: "hmac_sha512", format: "{base64}" }),
    headers: {
      "x-signature":
        "pOCud7glxQQATAai3/0ivc3t75PR5BAndYi3PBN4OXyTJ2iB4KUSGCGMXUCCIBzNyMwd02ZTcwKDlAEdaLyVTw==",
    },
  },
  "base64url, in a list": {
    rule: hmac({ format: "v1,{base64url}", separator: " " }),
    headers: { "x-signature": "v0,x v1,h4YcjODEBrf4O8SCAt-oOo9G5hwPrYdFx_724kZV-IE" },
  },
  "upper-case hex, with a key in hex": {
    rule: hmac({ format: "{HEX}", key: "hex" }),
    secret: "00112233445566778899aabbccddeeff",
    headers: {
      "x-signature": "21450c59a7a8125b57101d806c10b853ae175b41f1c33f5f99a7dede8216ef1c".toUpperCase(),
    },
  },
  "Standard Webhooks, as data": {
    rule: hmac({
      header: "webhook-signature",
      format: "v1,{base64}",
      separator: " ",
      signed: "{id}.{timestamp}.{body}",
      key: "whsec",
      id: { header: "webhook-id" },
      timestamp: seconds("webhook-timestamp"),
    }),
    secret: `whsec_${BYTES_0_TO_31}`,
    headers: {
      "webhook-id": "msg_1",
      "webhook-timestamp": `${SENT}`,
      "webhook-signature": `v1a,other v1,${STANDARD_DIGEST}`,
    },
  },
  "Standard Webhooks": {
    rule: { algorithm: "standard_webhooks", prefix: "webhook", tolerance_seconds: 300 },
    secret: `whsec_${BYTES_0_TO_31}`,
    headers: {
      "webhook-id": "msg_1",
      "webhook-timestamp": `${SENT}`,
      "webhook-signature": `v1,${STANDARD_DIGEST}`,
    },
  },
  "Svix's prefix": {
    rule: { algorithm: "standard_webhooks", prefix: "svix", tolerance_seconds: 300 },
    secret: `whsec_${BYTES_0_TO_31}`,
    headers: { "svix-id": "msg_1", "svix-timestamp": `${SENT}`, "svix-signature": `v1,${STANDARD_DIGEST}` },
  },
  "a secret in a header": {
    rule: { algorithm: "secret_in_header", header: "Authorization", prefix: "Bearer " },
    headers: { authorization: `Bearer ${SECRET}` },
  },
};
const all = Object.entries(EXAMPLES);

const verify = (
  { rule, secret = SECRET, headers }: Example,
  changes: Partial<{ body: Uint8Array; receivedAt: Date; secrets: readonly string[] }> = {},
) => compileSignature(rule).verify({ headers, body: BODY, receivedAt, secrets: [secret], ...changes });

describe("verifies what another implementation signed:", () => {
  test.each(all)("%s", async (_, example) => {
    await verify(example);
    await verify(example, { secrets: ["another secret", example.secret ?? SECRET] });
    if (example.rule.algorithm !== "secret_in_header")
      await expect(verify(example, { body: Buffer.concat([BODY, Buffer.of(0x20)]) })).rejects.toMatchObject({
        code: "wrong_signature",
        signed: false,
      });
  });

  test("the standardwebhooks package", async () => {
    const key = `whsec_${BYTES_0_TO_31}`;
    const signature = new Webhook(key).sign("msg_2", receivedAt, BODY.toString());
    const headers = { "webhook-id": "msg_2", "webhook-timestamp": `${SENT}`, "webhook-signature": signature };
    for (const name of ["Standard Webhooks", "Standard Webhooks, as data"])
      await verify({ ...(EXAMPLES[name] as Example), headers });
  });

  test.each([
    ["milliseconds", `${SENT}000`],
    ["iso", "2025-11-30T23:30:00.000+01:00"],
  ] as const)("a signed timestamp in %s", async (unit, timestamp) => {
    const rule = hmac({
      signed: "{timestamp}{body}",
      timestamp: { header: "x-timestamp", unit, tolerance_seconds: 1 },
    });
    const signature = createHmac("sha256", SECRET).update(timestamp).update(BODY).digest("hex");
    const example = { rule, headers: { "X-Signature": signature, "X-Timestamp": timestamp } };
    await verify(example);
    await expect(verify(example, { receivedAt: new Date(SENT * 1_000 - 1_001) })).rejects.toMatchObject({
      code: "stale_timestamp",
    });
  });
});

test("a change of any bit of the body, the signature or a signed timestamp is refused, and no secret is quoted", async () => {
  const bits = fc.record({ index: fc.nat(), bit: fc.integer({ min: 0, max: 6 }) });
  const flip = (text: string, { index, bit }: { index: number; bit: number }) => {
    const bytes = Buffer.from(text, "latin1");
    const at = index % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    return bytes.toString("latin1");
  };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...all), bits, fc.nat(), async ([, example], change, which) => {
      const { rule, headers, secret = SECRET } = example;
      const scheme = compileSignature(rule);
      // Elements of other versions are ignored, so only what this scheme reads is changed.
      const relevant = Object.entries(headers).map(
        ([name, text]) => [name, text.replace(/,v0=.*|v0,x |v1a,other /, "")] as const,
      );
      const targets = relevant.filter(([name]) => scheme.coversTimestamp || !name.endsWith("timestamp"));
      const [name, text] = targets[which % targets.length] ?? ["", ""];
      const inBody = change.index % 3 === 0 && rule.algorithm !== "secret_in_header";
      const forged = {
        headers: Object.fromEntries([...relevant, ...(inBody ? [] : [[name, flip(text, change)]])]),
        body: inBody ? Buffer.from(flip(BODY.toString("latin1"), change), "latin1") : BODY,
      };
      const error = await scheme
        .verify({ ...forged, receivedAt, secrets: [secret] })
        .then(() => null)
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: "ProfileDeliveryError", signed: false });
      expect(String(error)).not.toContain(secret);
      expect(String(error)).not.toContain(secret.slice(6));
    }),
    { numRuns: 600 },
  );
});

describe("refuses", () => {
  const page = EXAMPLES["Convergint's page"] as Example;
  const stripe = EXAMPLES["Stripe"] as Example;
  const stripeWith = (text: string) => ({ ...stripe, headers: { "stripe-signature": text } });
  const many = (count: number) => Array.from({ length: count }, () => `v1=${"0".repeat(64)}`).join(",");

  test.each(all.filter(([, { rule }]) => compileSignature(rule).hasTimestamp))(
    "a stale timestamp on either side: %s",
    async (_, example) => {
      for (const difference of [-301, 301])
        await expect(
          verify(example, { receivedAt: new Date((SENT + difference) * 1_000) }),
        ).rejects.toMatchObject({ code: "stale_timestamp" });
      for (const difference of [-300, 300])
        await verify(example, { receivedAt: new Date((SENT + difference) * 1_000) });
    },
  );

  test.each(all)("a delivery that lacks one of its headers: %s", async (_, example) => {
    for (const name of Object.keys(example.headers)) {
      const { [name]: __, ...headers } = example.headers;
      await expect(verify({ ...example, headers })).rejects.toMatchObject({ code: "missing_signature" });
    }
  });

  test.each([
    ["more than 16 signatures", stripeWith(`t=${SENT},${many(15)},v1=${STRIPE_HEX}`)],
    ["a header of more than 4 KiB", stripeWith(`t=${SENT},v1=${STRIPE_HEX},v0=${"x".repeat(4_096)}`)],
    ["two timestamps", stripeWith(`t=${SENT},t=${SENT},v1=${STRIPE_HEX}`)],
    ["no signature of this version", stripeWith(`t=${SENT},v2=${STRIPE_HEX}`)],
    ["a timestamp in another unit", stripeWith(`t=${SENT}.5,v1=${STRIPE_HEX}`)],
    [
      "upper-case hex",
      { ...page, headers: { ...page.headers, "x-webhook-signature": `sha256=${BODY_HEX.toUpperCase()}` } },
    ],
    [
      "text behind the signature",
      { ...page, headers: { ...page.headers, "x-webhook-signature": `sha256=${BODY_HEX}\n` } },
    ],
    [
      "a header in two letter cases",
      { ...page, headers: { ...page.headers, "X-Webhook-Signature": `sha256=${BODY_HEX}` } },
    ],
    [
      "a timestamp that is not a number",
      { ...page, headers: { ...page.headers, "x-webhook-timestamp": "NaN" } },
    ],
  ])("%s", async (_, example) => {
    await expect(verify(example)).rejects.toMatchObject({ code: "wrong_signature", signed: false });
  });

  test("the end of an id moved into the body", async () => {
    const { rule, secret, headers } = EXAMPLES["Standard Webhooks, as data"] as Required<Example>;
    const moved = { ...headers, "webhook-id": `msg_1.${SENT}`, "webhook-timestamp": `${SENT}` };
    await expect(verify({ rule, secret, headers: moved })).rejects.toMatchObject({
      code: "wrong_signature",
      message: expect.stringContaining("without ."),
    });
  });

  test("every delivery without a usable secret", async () => {
    for (const secrets of [[], ["short"], [""]])
      await expect(verify(page, { secrets })).rejects.toMatchObject({ code: "no_secret", signed: false });
  });
});

test("accepts 16 elements in a list, and a replay where the signature does not cover the timestamp", async () => {
  const others = Array.from({ length: 14 }, () => `v1=${"0".repeat(64)}`).join(",");
  await verify({ rule: STRIPE, headers: { "stripe-signature": `t=${SENT},${others},v1=${STRIPE_HEX}` } });
  const later = SENT + 86_400;
  const { rule, headers } = EXAMPLES["Convergint's page"] as Example;
  const replayed = { rule, headers: { ...headers, "x-webhook-timestamp": `${later}` } };
  await verify(replayed, { receivedAt: new Date(later * 1_000) });
  expect(compileSignature(rule)).toMatchObject({
    hasTimestamp: true,
    coversTimestamp: false,
    limitations: [expect.stringContaining("does not cover the timestamp")],
  });
});

describe("a secret in the body", () => {
  const rule: SignatureRule = { algorithm: "secret_in_body", secret_at: "body.hook.sharedSecret" };
  const send = (text: string) =>
    verify({ rule, headers: {} }, { body: Buffer.from(text), secrets: ["old secret", SECRET] });

  test("is accepted if it is one of the current secrets", async () => {
    await send(`{"hook":{"sharedSecret":"${SECRET}"}}`);
  });

  test.each([
    ["wrong_signature", '{"hook":{"sharedSecret":"correct horse battery stapler"}}'],
    ["missing_signature", '{"hook":{"sharedSecret":null}}'],
    ["missing_signature", '{"hook":"sharedSecret"}'],
    ["missing_signature", "[]"],
    ["not_json", `{"hook":{"sharedSecret":"${SECRET}","sharedSecret":"x"}}`],
    ["not_json", "{"],
  ])("is refused as %s: %s", async (code, text) => {
    const error = await send(text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, signed: false });
    expect(String(error)).not.toContain("horse");
  });
});

describe("secrets", () => {
  test.each(all)("generates one that the scheme takes: %s", (_, { rule }) => {
    const scheme = compileSignature(rule);
    const secret = scheme.generateSecret();
    scheme.requireUsableSecret(secret);
    expect(scheme.generateSecret()).not.toBe(secret);
  });

  test.each([
    ["utf8", "1234567"],
    ["utf8", "x".repeat(1_025)],
    ["utf8", "lone surrogate \ud800"],
    ["hex", "00112233445566778899aabbccddeefg"],
    ["base64", "not base64 at all!"],
    ["whsec", BYTES_0_TO_31],
  ] as const)("refuses a secret that is not %s, and does not quote it", (key, secret) => {
    try {
      compileSignature(hmac({ key })).requireUsableSecret(secret);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid_secret" });
      expect(String(error)).not.toContain(secret);
    }
  });
});

describe("finds what is wrong with a rule:", () => {
  test.each(all)("nothing in %s", (_, { rule }) => {
    if ("signed" in rule) expect(findSignatureProblems(rule)).toEqual([]);
  });

  test.each<[string, Partial<Hmac>]>([
    ["signed", { signed: "{timestamp}", timestamp: seconds("t") }],
    ["signed", { signed: "constant" }],
    ["signed", { signed: "{body}{body}" }],
    ["signed", { signed: "{url}{body}" }],
    ["signed", { signed: "{timestamp}.{body}" }],
    ["signed", { signed: "{id}.{body}" }],
    ["signed", { signed: "{id}{body}", id: { header: "id" } }],
    ["format", { format: "sha256=" }],
    ["format", { format: "{hex}{base64}" }],
    ["format", { format: "{digest}" }],
    ["format", { format: "{timestamp}={hex}", separator: ",", timestamp: seconds() }],
    ["timestamp", { format: "{timestamp}|{hex}" }],
    ["timestamp", { format: "{timestamp}|{hex}", timestamp: seconds("t") }],
    ["timestamp", { timestamp: seconds() }],
  ])("%s of %o", (member, rule) => {
    expect(findSignatureProblems(hmac(rule)).map(({ path }) => path[0])).toContain(member);
  });
});
