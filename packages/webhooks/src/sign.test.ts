import { describe, expect, expectTypeOf, test } from "vitest";
import { WebhookUsageError } from "./errors.ts";
import type { WebhookHeaders } from "./headers.ts";
import { generateSecret } from "./key.ts";
import { type SignOptions, sign } from "./sign.ts";

const options: SignOptions = { id: "evt_1", body: "{}", keys: generateSecret() };

test("answers the three headers as a plain object, ready for fetch", async () => {
  const headers = await sign(options);
  expectTypeOf(headers).toEqualTypeOf<WebhookHeaders>();
  expect(Object.keys(headers)).toEqual(["webhook-id", "webhook-timestamp", "webhook-signature"]);
  expect(new Headers({ ...headers }).get("webhook-signature")).toBe(headers["webhook-signature"]);
});

test("signs as of now, where no time is given", async () => {
  const { "webhook-timestamp": seconds } = await sign(options);
  expect(Math.abs(Date.now() / 1000 - Number(seconds))).toBeLessThan(5);
});

test("signs string and bytes alike, a date and its seconds alike", async () => {
  const text = '{"name":"Zürich 🚪"}';
  const timestamp = new Date("2026-11-23T08:30:00.999Z");
  const asText = await sign({ ...options, body: text, timestamp });
  const asBytes = await sign({ ...options, body: new TextEncoder().encode(text), timestamp: 1795422600 });
  expect(asBytes).toEqual(asText);
});

describe("refuses", () => {
  test.each<[string, Partial<Record<keyof SignOptions, unknown>>, string]>([
    ["a parsed object for a body", { body: { a: 1 } }, "body_not_raw"],
    ["an array for a body", { body: [1, 2] }, "body_not_raw"],
    ["null for a body", { body: null }, "body_not_raw"],
    ["no id", { id: "" }, "invalid_id"],
    ["an id with a dot, which would move a border", { id: "evt.1" }, "invalid_id"],
    ["an id that breaks out of its header", { id: "evt\r\nx: y" }, "invalid_id"],
    ["an id of great length", { id: "x".repeat(257) }, "invalid_id"],
    ["milliseconds", { timestamp: 1_764_000_000_000 }, "invalid_timestamp"],
    ["a fraction of a second", { timestamp: 1.5 }, "invalid_timestamp"],
    ["a date that is none", { timestamp: new Date("never") }, "invalid_timestamp"],
    ["no key", { keys: [] }, "no_keys"],
    ["a key of another kind", { keys: 7 }, "no_keys"],
  ])("%s", async (_, change, code) => {
    const call = sign({ ...options, ...change } as SignOptions);
    await expect(call).rejects.toBeInstanceOf(WebhookUsageError);
    await expect(call).rejects.toMatchObject({ code });
  });
});

test("makes secrets that are all different, and long enough", () => {
  const secrets = Array.from({ length: 100 }, generateSecret);
  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(Buffer.from(secret.slice("whsec_".length), "base64")).toHaveLength(32);
});
