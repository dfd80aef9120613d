import { createHmac } from "node:crypto";
import { sign, verify } from "@convergint/webhooks";
import fc from "fast-check";
import { expect, test } from "vitest";
import { diagnose } from "./index.ts";
import { expectNoSecretIn, type Made, NOW, SECONDS } from "./testing/deliveries.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const secret = fc.uint8Array({ minLength: 24, maxLength: 64 });
const asKey = (of: Uint8Array): string => `whsec_${Buffer.from(of).toString("base64")}`;
const id = fc.stringMatching(/^[\x21-\x2d\x2f-\x7e]{1,40}$/);
const body = fc.oneof(
  fc.json(),
  fc.string({ unit: "grapheme", minLength: 1 }),
  fc.uint8Array({ minLength: 1 }),
);
const seconds = fc.integer({ min: -300, max: 300 }).map((off) => String(Number(SECONDS) + off));

/** Text that is not a signature: arbitrary text, or base64 or hex whose number of bytes no digest has. */
const noise = fc.oneof(
  fc.stringMatching(/^[\x21-\x7e]{1,80}$/),
  fc.stringMatching(/^v1,[\x21-\x7e]{0,80}$/),
  fc
    .uint8Array({ maxLength: 100 })
    .filter(({ length }) => ![20, 32, 48, 64].includes(length))
    .chain((of) =>
      fc.constantFrom(...(["base64", "base64url", "hex"] as const).map((as) => Buffer.from(of).toString(as))),
    )
    .map((text) => `v1,${text}`),
);

const delivery = (signature: fc.Arbitrary<string>) =>
  fc
    .record({ id, timestamp: seconds, signature, body, secret })
    .map(({ secret: of, body: given, ...headers }) => ({
      made: {
        headers: {
          "webhook-id": headers.id,
          "webhook-timestamp": headers.timestamp,
          "webhook-signature": headers.signature,
        },
        body: given,
      } satisfies Made,
      keys: asKey(of),
    }));

test("reports text that is not a signature as malformed and nothing else", async () => {
  const written = /^(signature|signatures|too_many_signatures|only_v1|header)/;
  await fc.assert(
    fc.asyncProperty(delivery(noise), async ({ made, keys }) => {
      const diagnosis = await diagnose({ ...made, keys, now: NOW });
      expect(diagnosis).toMatchObject({ verdict: "mistake", complete: false });
      const codes = diagnosis.verdict === "mistake" ? diagnosis.mistakes.map(({ code }) => code) : [];
      expect(codes.filter((code) => !written.test(code) && code !== "body_empty")).toEqual([]);
    }),
    { numRuns: 9900 },
  );
});

test("does not explain a random signature", async () => {
  const random = bytes(32).map((digest) => `v1,${Buffer.from(digest).toString("base64")}`);
  await fc.assert(
    fc.asyncProperty(delivery(random), async ({ made, keys }) => {
      expect((await diagnose({ ...made, keys, now: NOW })).verdict).toBe("unknown");
    }),
    { numRuns: 100 },
  );
});

const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key, sortKeys(member)] as const);
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

/** Sorts the keys of JSON at every level; returns text that is not JSON unchanged. */
function canonicalJson(text: string): string {
  try {
    return JSON.stringify(sortKeys(JSON.parse(text)));
  } catch {
    return text;
  }
}

/** Ways to sign, most of them mistaken; the test signs with one secret and diagnoses with another. */
const mistaken = fc.constantFrom<
  ((key: Buffer, encoded: string, id: string, timestamp: string, body: Buffer) => Buffer)[]
>(
  (_, encoded, i, t, b) => createHmac("sha256", encoded).update(`${i}.${t}.`).update(b).digest(),
  (key, _, i, t, b) => createHmac("sha256", key).update(`${t}.${i}.`).update(b).digest(),
  (key, _e, _i, _t, b) => createHmac("sha256", key).update(b).digest(),
  (key, _, i, t, b) =>
    createHmac("sha256", key).update(`${i}.${t}.`).update(JSON.stringify(b.toString())).digest(),
  (key, _, i, t, b) => createHmac("sha256", key).update(`${i}.${t}.`).update(b).digest(),
  (key, _, i, t, b) =>
    createHmac("sha256", key)
      .update(`${i}.${Number(t) - 60}.`)
      .update(b)
      .digest(),
  (key, _, i, t, b) =>
    createHmac("sha256", key).update(`${i}.${t}.`).update(canonicalJson(b.toString())).digest(),
);

test("never finds a mistake if the two sides have different secrets", async () => {
  await fc.assert(
    fc.asyncProperty(secret, secret, mistaken, id, body, async (theirs, ours, how, of, given) => {
      fc.pre(Buffer.compare(theirs, ours) !== 0);
      const key = Buffer.from(theirs);
      const digest = how(key, key.toString("base64"), of, SECONDS, Buffer.from(given));
      const made: Made = {
        headers: {
          "webhook-id": of,
          "webhook-timestamp": SECONDS,
          "webhook-signature": `v1,${digest.toString("base64")}`,
        },
        body: given,
      };
      const diagnosis = await diagnose({ ...made, keys: asKey(ours), now: NOW });
      expect(diagnosis.verdict).toBe("unknown");
      expectNoSecretIn(diagnosis, made);
    }),
    { numRuns: 100 },
  );
});

/** What may happen to a correctly signed delivery. */
const accidents = fc.constantFrom<((headers: Record<string, string>) => Record<string, string | string[]>)[]>(
  (headers) => headers,
  (headers) => ({ ...headers, "webhook-id": `${headers["webhook-id"]}.` }),
  (headers) => ({ "Webhook-Id": headers["webhook-id"] ?? "", ...headers }),
  (headers) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]])),
  (headers) => ({ ...headers, "webhook-signature": `v1, ${headers["webhook-signature"]}` }),
  (headers) => ({ ...headers, "webhook-signature": `noise ${headers["webhook-signature"]} \t` }),
  (headers) => ({ ...headers, "webhook-signature": `${headers["webhook-signature"]}, v1,noise` }),
  (headers) => ({
    ...headers,
    "webhook-signature": `${"v1,noise ".repeat(16)}${headers["webhook-signature"]}`,
  }),
  (headers) => ({ ...headers, "webhook-timestamp": ` ${headers["webhook-timestamp"]}` }),
  (headers) => ({ ...headers, "webhook-timestamp": `0${headers["webhook-timestamp"]}` }),
  (headers) => ({ ...headers, "x-more": "v1,noise" }),
  (headers) => ({ ...headers, "webhook-id": [headers["webhook-id"] ?? "", ""] }),
);
const keyAccidents = fc.constantFrom<((key: string) => string | string[])[]>(
  (key) => key,
  (key) => key.replace("whsec_", ""),
  (key) => [key],
  (key) => [key, key],
  (key) => [key, asKey(Buffer.alloc(32))],
  (key) => [asKey(Buffer.alloc(32)), key],
  (key) => `${key} `,
  (key) => `v1,${key}`,
  (key) => key.replace(/=+$/, ""),
  () => asKey(Buffer.alloc(32)),
);

test("is valid exactly for the deliveries that the verifier accepts", async () => {
  const verdicts = { accepted: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      secret.map(asKey),
      body,
      accidents,
      keyAccidents,
      fc.integer({ min: -400, max: 400 }),
      async (key, given, happens, keyHappens, off) => {
        const now = new Date(NOW.getTime() + off * 1000);
        const signed = await sign({ id: "evt_1", body: given, keys: key, timestamp: NOW });
        const call = { headers: happens(signed), body: given, keys: keyHappens(key), now };
        const accepted = await verify(call).then(
          () => true,
          () => false,
        );
        verdicts[accepted ? "accepted" : "refused"] += 1;
        expect((await diagnose(call)).verdict === "valid").toBe(accepted);
      },
    ),
    { numRuns: 300 },
  );
  expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(20);
});
