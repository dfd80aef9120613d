import { describe, expect, expectTypeOf, test } from "vitest";
import { WebhookUsageError } from "./errors.ts";
import type { WebhookHeaders } from "./headers.ts";
import { generateSecret } from "./key.ts";
import { type SignOptions, sign } from "./sign.ts";

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
    const call = sign({ ...options, ...change } as SignOptions);
    await expect(call).rejects.toBeInstanceOf(WebhookUsageError);
    await expect(call).rejects.toMatchObject({ code });
  });
});

test("generates unique secrets of 32 bytes", () => {
  const secrets = Array.from({ length: 100 }, generateSecret);
  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(Buffer.from(secret.slice("whsec_".length), "base64")).toHaveLength(32);
});
