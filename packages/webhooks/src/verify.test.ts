import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { WebhookError, WebhookUsageError, WebhookVerificationError } from "./errors.ts";
import type { WebhookHeaders } from "./headers.ts";
import { generateSecret } from "./key.ts";
import { sign } from "./sign.ts";
import { type VerifiedWebhook, type VerifyOptions, verify } from "./verify.ts";

const key = generateSecret();
const now = new Date("2026-11-23T08:30:00Z");
const body = '{"status":"offline"}';
const headers: WebhookHeaders = await sign({ id: "evt_1", body, keys: key, timestamp: now });

async function failureOf(change: Partial<VerifyOptions>): Promise<WebhookError> {
  const error = await verify({ headers, body, keys: key, now, ...change }).then(
    () => expect.fail("it should have been refused"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WebhookError);
  return error as WebhookError;
}

test("returns the verified delivery", async () => {
  const verified = await verify({ headers, body, keys: [generateSecret(), key], now });
  expect(verified).toEqual({
    id: "evt_1",
    timestamp: now,
    keyIndex: 1,
    body: new TextEncoder().encode(body),
  });
  expectTypeOf(verified).toEqualTypeOf<VerifiedWebhook>();
});

describe("accepts headers", () => {
  const capitals = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
  );
  const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  test.each<[string, VerifyOptions["headers"]]>([
    ["of fetch", new Headers({ ...headers })],
    ["in a plain object", { ...headers }],
    ["in any letter case", capitals],
    ["of Node, as lists of one", lists],
    ["of Node, with an undefined one", { "WEBHOOK-ID": undefined, host: "example.org", ...headers }],
  ])("%s", async (_, written) => {
    expect((await verify({ headers: written, body, keys: key, now })).id).toBe("evt_1");
  });
});

describe("refuses", () => {
  const signature = headers["webhook-signature"];
  const cases: readonly [string, Partial<VerifyOptions>, string][] = [
    ["a delivery without headers", { headers: {} }, "missing_header"],
    ["an empty signature", { headers: { ...headers, "webhook-signature": "" } }, "missing_header"],
    ["a repeated header", { headers: { ...headers, "webhook-id": ["evt_1", "evt_2"] } }, "malformed_header"],
    ["a header in two letter cases", { headers: { ...headers, "Webhook-Id": "evt_2" } }, "malformed_header"],
    [
      "a repeated id, joined by Node or Headers",
      { headers: new Headers([...Object.entries(headers), ["webhook-id", "evt_1"]]) },
      "malformed_header",
    ],
    [
      "a repeated signature, joined by Node or Headers",
      { headers: new Headers([...Object.entries(headers), ["webhook-signature", signature]]) },
      "malformed_header",
    ],
    ["a very long header", { headers: { ...headers, "webhook-id": "x".repeat(5000) } }, "malformed_header"],
    [
      "seventeen signatures",
      { headers: { ...headers, "webhook-signature": Array(17).fill("v1,x").join(" ") } },
      "malformed_header",
    ],
    [
      "a timestamp that is not a number",
      { headers: { ...headers, "webhook-timestamp": "yesterday" } },
      "malformed_header",
    ],
    [
      "milliseconds",
      { headers: { ...headers, "webhook-timestamp": `${headers["webhook-timestamp"]}000` } },
      "malformed_header",
    ],
    ["a negative timestamp", { headers: { ...headers, "webhook-timestamp": "-1" } }, "malformed_header"],
    [
      "a timestamp with a fraction",
      { headers: { ...headers, "webhook-timestamp": "1764000000.5" } },
      "malformed_header",
    ],
    [
      "only a signature of another version",
      { headers: { ...headers, "webhook-signature": signature.replace("v1,", "v1a,") } },
      "unsupported_signature",
    ],
    [
      "a bare signature",
      { headers: { ...headers, "webhook-signature": signature.slice(3) } },
      "unsupported_signature",
    ],
    ["another key", { keys: generateSecret() }, "no_matching_signature"],
    ["another body", { body: '{ "status": "offline" }' }, "no_matching_signature"],
    ["another id", { headers: { ...headers, "webhook-id": "evt_2" } }, "no_matching_signature"],
    [
      "the signature in base64url or without padding",
      { headers: { ...headers, "webhook-signature": signature.replace(/=+$/, "") } },
      "no_matching_signature",
    ],
    [
      "a signature whose characters match only in their lower byte",
      {
        headers: {
          ...headers,
          "webhook-signature": `v1,${String.fromCharCode(signature.charCodeAt(3) + 256)}${signature.slice(4)}`,
        },
      },
      "no_matching_signature",
    ],
    ["no key", { keys: [] }, "no_keys"],
    ["a key that is not base64", { keys: "whsec_not base64!" }, "invalid_key"],
    ["a key that is too short", { keys: `whsec_${btoa("short")}` }, "invalid_key"],
    ["a key with v1, in front", { keys: `v1,${key}` }, "invalid_key"],
    ["a key that is undefined", { keys: [undefined as unknown as string] }, "invalid_key"],
    ["a parsed body", { body: { status: "offline" } as unknown as string }, "body_not_raw"],
    ["an ArrayBuffer", { body: new ArrayBuffer(2) as unknown as string }, "body_not_raw"],
    ["no body", { body: undefined as unknown as string }, "body_not_raw"],
    ["a tolerance that is not a number", { toleranceSeconds: Number.NaN }, "invalid_tolerance"],
    ["a negative tolerance", { toleranceSeconds: -1 }, "invalid_tolerance"],
    ["an infinite tolerance", { toleranceSeconds: Number.POSITIVE_INFINITY }, "invalid_tolerance"],
    ["a clock that is a number", { now: 1_764_000_000 as unknown as Date }, "invalid_timestamp"],
    ["a clock that is no date", { now: new Date("never") }, "invalid_timestamp"],
  ];
  test.each(cases)("%s", async (_, change, code) => {
    const error = await failureOf(change);
    expect(error.code).toBe(code);
    // An invalid call and an invalid delivery throw errors of different classes.
    const isUsage = [
      "no_keys",
      "invalid_key",
      "body_not_raw",
      "invalid_timestamp",
      "invalid_tolerance",
    ].includes(code);
    expect(error).toBeInstanceOf(isUsage ? WebhookUsageError : WebhookVerificationError);
  });

  test.each(cases)("%s, without disclosing a secret", async (_, change) => {
    const error = await failureOf(change);
    const told = `${error.message} ${error.stack} ${JSON.stringify(error)}`;
    for (const secret of [key, key.slice(6), signature.slice(3)]) expect(told).not.toContain(secret);
  });

  test("any single changed bit of the message or the signature", async () => {
    const parts = ["body", "webhook-id", "webhook-timestamp", "webhook-signature"] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...parts),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        async (part, position, bit) => {
          const bytes = Buffer.from(part === "body" ? body : headers[part]);
          const at = position % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
          const changed = bytes.toString("latin1");
          await failureOf(part === "body" ? { body: bytes } : { headers: { ...headers, [part]: changed } });
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("the timestamp", () => {
  const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  test.each([
    [-300, undefined],
    [300, undefined],
    [301, "timestamp_too_old"],
    [-301, "timestamp_too_new"],
  ])("with a clock %i s off: %s", async (seconds, code) => {
    const call = verify({ headers, body, keys: key, now: at(seconds) });
    if (code) await expect(call).rejects.toMatchObject({ code, header: "webhook-timestamp" });
    else expect((await call).timestamp).toEqual(now);
  });

  test("is checked with the given tolerance", async () => {
    await expect(
      verify({ headers, body, keys: key, now: at(11), toleranceSeconds: 10 }),
    ).rejects.toMatchObject({
      code: "timestamp_too_old",
    });
  });
});

test("during a rotation, either side may switch first", async () => {
  const [old, next] = [generateSecret(), generateSecret()];
  const both = await sign({ id: "evt_1", body, keys: [old, next], timestamp: now });
  expect(both["webhook-signature"].split(" ")).toHaveLength(2);
  for (const keys of [old, next, [next, old]])
    expect((await verify({ headers: both, body, keys, now })).id).toBe("evt_1");
  const onlyOld = await sign({ id: "evt_1", body, keys: old, timestamp: now });
  expect((await verify({ headers: onlyOld, body, keys: [next, old], now })).keyIndex).toBe(1);
});

test("an old delivery does not verify with the parts of its message shifted", async () => {
  const old = new Date("2020-01-01T00:00:00Z");
  const fresh = Math.floor(now.getTime() / 1000);
  const signed = await sign({ id: "evt_1", body: `${fresh}.{"status":"online"}`, keys: key, timestamp: old });
  const moved = {
    "webhook-id": `evt_1.${signed["webhook-timestamp"]}`,
    "webhook-timestamp": String(fresh),
    "webhook-signature": signed["webhook-signature"],
  };
  expect((await failureOf({ headers: moved, body: '{"status":"online"}' })).code).toBe("malformed_header");
});

test("accepts 16 signatures and the longest key", async () => {
  const longest = `whsec_${Buffer.alloc(64, 7).toString("base64")}`;
  const keys = [...Array.from({ length: 15 }, generateSecret), longest];
  const many = await sign({ id: "evt_1", body, keys, timestamp: now });
  expect((await verify({ headers: many, body, keys: longest, now })).id).toBe("evt_1");
  await expect(
    sign({ id: "evt_1", body, keys: `whsec_${Buffer.alloc(65, 7).toString("base64")}` }),
  ).rejects.toMatchObject({
    code: "invalid_key",
  });
});

test("no error contains a key, however malformed", async () => {
  const malformed = fc.oneof(
    fc.string({ minLength: 8 }).map((text) => `whsec_${text}!`),
    fc.base64String({ minLength: 8, maxLength: 24 }).map((text) => `whsec_${text}`),
    fc.base64String({ minLength: 100, maxLength: 120 }),
  );
  await fc.assert(
    fc.asyncProperty(malformed, async (secret) => {
      const error = await failureOf({ keys: secret });
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(secret.slice(6));
    }),
  );
});
