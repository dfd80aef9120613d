import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { WebhookUsageError } from "./errors.ts";
import type { WebhookHeaders } from "./headers.ts";
import { generateKeyPair, generateSecret } from "./key.ts";
import { createSigner, type SignOptions, sign } from "./sign.ts";

const options: SignOptions = { id: "evt_1", body: "{}", keys: generateSecret() };

test("returns the three headers as a plain object, ready for fetch", async () => {
  const headers = await sign(options);
  expectTypeOf(headers).toEqualTypeOf<WebhookHeaders>();
  expect(Object.keys(headers)).toEqual(["webhook-id", "webhook-timestamp", "webhook-signature"]);
  expect(new Headers({ ...headers }).get("webhook-signature")).toBe(headers["webhook-signature"]);
});

test("signs with the current time by default", async () => {
  const { "webhook-timestamp": seconds } = await sign(options);
  expect(Math.abs(Date.now() / 1000 - Number(seconds))).toBeLessThan(5);
});

test("signs strings and bytes the same, dates and seconds the same", async () => {
  const text = '{"name":"Zürich 🚪"}';
  const timestamp = new Date("2026-11-23T08:30:00.999Z");
  const asText = await sign({ ...options, body: text, timestamp });
  const asBytes = await sign({ ...options, body: new TextEncoder().encode(text), timestamp: 1795422600 });
  expect(asBytes).toEqual(asText);
});

describe("refuses", () => {
  test.each<[string, Partial<Record<keyof SignOptions, unknown>>, string]>([
    ["a parsed object as the body", { body: { a: 1 } }, "body_not_raw"],
    ["an array as the body", { body: [1, 2] }, "body_not_raw"],
    ["null as the body", { body: null }, "body_not_raw"],
    ["no id", { id: "" }, "invalid_id"],
    ["an id with a dot, which is ambiguous", { id: "evt.1" }, "invalid_id"],
    ["an id with a line break", { id: "evt\r\nx: y" }, "invalid_id"],
    ["a very long id", { id: "x".repeat(257) }, "invalid_id"],
    ["milliseconds", { timestamp: 1_764_000_000_000 }, "invalid_timestamp"],
    ["a fraction of a second", { timestamp: 1.5 }, "invalid_timestamp"],
    ["an invalid Date", { timestamp: new Date("never") }, "invalid_timestamp"],
    ["no key", { keys: [] }, "no_keys"],
    ["a key that is not a string", { keys: 7 }, "no_keys"],
  ])("%s", async (_, change, code) => {
    const given = { ...options, ...change } as SignOptions;
    const call = sign(given);
    await expect(call).rejects.toBeInstanceOf(WebhookUsageError);
    await expect(call).rejects.toMatchObject({ code });
    if ("keys" in change) return;
    await expect(createSigner(options)(given)).rejects.toMatchObject({ code });
  });
});

describe("a signer", () => {
  /** Computes a `v1` signature without this package. */
  const hmac = (key: string, id: string, seconds: number, body: string | Uint8Array) => {
    const secret = Buffer.from(key.slice("whsec_".length), "base64");
    return `v1,${createHmac("sha256", secret).update(`${id}.${seconds}.`).update(body).digest("base64")}`;
  };
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    // Around the size at which the node build hashes in another way.
    fc.integer({ min: 1350, max: 4200 }).map((length) => "é".repeat(length)),
  );
  const attempts = fc.array(
    fc.record({
      id: fc.stringMatching(/^[!-\-/-~]{1,256}$/),
      body: fc.oneof(text, fc.uint8Array({ maxLength: 5000 })),
      timestamp: fc.nat(),
    }),
    { minLength: 1, maxLength: 4 },
  );

  test("signs concurrent attempts as sign and HMAC do, with one key and during a rotation", async () => {
    const secrets = Array.from({ length: 3 }, generateSecret);
    const { privateKey } = await generateKeyPair();
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([...secrets, privateKey], { minLength: 1 }),
        attempts,
        async (keys, wanted) => {
          const signer = createSigner({ keys });
          const signed = await Promise.all(wanted.map((attempt) => signer(attempt)));
          expect(signed).toEqual(await Promise.all(wanted.map((attempt) => sign({ ...attempt, keys }))));
          for (const [index, { id, body, timestamp }] of wanted.entries()) {
            const v1 = signed[index]?.["webhook-signature"]
              .split(" ")
              .filter((each) => each.startsWith("v1,"));
            const shared = keys.filter((key) => key !== privateKey);
            expect(v1).toEqual(shared.map((key) => hmac(key, id, timestamp, body)));
          }
        },
      ),
    );
  });

  test("signs with the current time by default", async () => {
    const signer = createSigner(options);
    const { "webhook-timestamp": seconds } = await signer({ id: "evt_1", body: "{}" });
    expect(Math.abs(Date.now() / 1000 - Number(seconds))).toBeLessThan(5);
  });

  test.each([
    ["no_keys", []],
    ["too_many_keys", Array.from({ length: 17 }, generateSecret)],
    ["invalid_key", "whsec_"],
    ["invalid_key", `whpk_${Buffer.alloc(32, 7).toString("base64")}`],
  ])("throws %s when it is created, not at the first attempt", (code, keys) => {
    expect(() => createSigner({ keys })).toThrow(WebhookUsageError);
    expect(() => createSigner({ keys })).toThrow(expect.objectContaining({ code }));
  });
});

test("generates unique secrets of 32 bytes", () => {
  const secrets = Array.from({ length: 100 }, generateSecret);
  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(Buffer.from(secret.slice("whsec_".length), "base64")).toHaveLength(32);
});
