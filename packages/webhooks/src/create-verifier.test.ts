import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { createVerifier } from "./create-verifier.ts";
import { WebhookPayloadError, WebhookUsageError, WebhookVerificationError } from "./errors.ts";
import { generateSecret } from "./key.ts";
import { createMemoryReplayGuard, toReplayKey } from "./replay-guard.ts";
import { sign } from "./sign.ts";

const key = generateSecret();
const delivery = async (body: string, id = "evt_1") => ({
  headers: await sign({ id, body, keys: key }),
  body,
});

test("verifies several deliveries with keys prepared once", async () => {
  const verify = createVerifier({ keys: [generateSecret(), key] });
  for (const id of ["evt_1", "evt_2", "evt_3"]) {
    expect(await verify(await delivery("{}", id))).toMatchObject({ id, keyIndex: 1 });
  }
  const forged = { ...(await delivery("{}")), body: "[]" };
  await expect(verify(forged)).rejects.toMatchObject({ code: "no_matching_signature" });
});

test("uses the given clock", async () => {
  const verify = createVerifier({ keys: key, now: () => new Date(Date.now() + 301_000) });
  await expect(verify(await delivery("{}"))).rejects.toMatchObject({ code: "timestamp_too_old" });
});

test.each([
  ["no_keys", { keys: [] }],
  ["too_many_keys", { keys: Array.from({ length: 17 }, generateSecret) }],
  ["invalid_key", { keys: "whsec_" }],
  // 32 bytes, as in the text of a public key.
  ["invalid_key", { keys: Buffer.alloc(32, 7).toString("base64") }],
  ["invalid_tolerance", { keys: key, toleranceSeconds: Number.NaN }],
  ["invalid_replay", { keys: key, replay: { guard: createMemoryReplayGuard(), sender: "" } }],
])("throws %s when it is created, not at the first delivery", (code, options) => {
  expect(() => createVerifier(options)).toThrow(WebhookUsageError);
  expect(() => createVerifier(options)).toThrow(expect.objectContaining({ code }));
});

describe("with a schema", () => {
  const verify = createVerifier({ keys: key, schema: z.object({ id: z.string() }) });

  test("returns the parsed event and the bytes", async () => {
    const verified = await verify(await delivery('{"id":"evt_1","more":1}'));
    expectTypeOf(verified.event).toEqualTypeOf<{ id: string }>();
    expect(verified.event).toEqual({ id: "evt_1" });
    expect(new TextDecoder().decode(verified.body)).toBe('{"id":"evt_1","more":1}');
  });

  test("reports where a payload does not match the schema", async () => {
    const call = verify(await delivery('{"id":7}'));
    await expect(call).rejects.toBeInstanceOf(WebhookPayloadError);
    await expect(call).rejects.toMatchObject({ code: "invalid_payload", issues: [{ path: ["id"] }] });
    await expect(call).rejects.toThrow(/\/id: /);
  });

  test.each([
    ["text", "hello"],
    ["nothing", ""],
    ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
  ])("reports that %s is not JSON", async (_, body) => {
    const headers = await sign({ id: "evt_1", body, keys: key });
    await expect(verify({ headers, body })).rejects.toMatchObject({ code: "not_json", issues: [] });
  });

  test("does not parse a payload whose signature is wrong", async () => {
    const forged = { ...(await delivery("{}")), body: "not json" };
    await expect(verify(forged)).rejects.toBeInstanceOf(WebhookVerificationError);
  });
});

describe("with a replay guard", () => {
  test("accepts a delivery once, and again after its processing failed", async () => {
    const guard = createMemoryReplayGuard();
    const verify = createVerifier({ keys: key, replay: { guard, sender: "vendor" } });
    const verified = await verify(await delivery("{}"));
    await expect(verify(await delivery("{}"))).rejects.toMatchObject({ code: "replayed" });
    await guard.release(toReplayKey("vendor", verified));
    expect((await verify(await delivery("{}"))).id).toBe("evt_1");
  });

  test("does not remember a forged delivery or an invalid payload", async () => {
    const replay = { guard: createMemoryReplayGuard(), sender: "vendor" };
    const verify = createVerifier({ keys: key, replay, schema: z.object({ id: z.string() }) });
    await expect(verify({ ...(await delivery("{}")), body: "[]" })).rejects.toThrow();
    await expect(verify(await delivery("{}"))).rejects.toMatchObject({ code: "invalid_payload" });
    expect((await verify(await delivery('{"id":"evt_1"}'))).event.id).toBe("evt_1");
  });
});
