import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { exchange } from "../evidence/testing/recorded.ts";
import { systemClock } from "../harness/clock.ts";
import type { Call, Recorder } from "../harness/recorder.ts";
import { accessTokens, tokenEndpoint } from "./access-tokens.ts";
import { createTokenMint, readVendorTerms } from "./token-mint.ts";

const CLIENT = { clientId: "c", clientSecret: "s" };
const URL_OF_TOKENS = new URL("https://auth.vendor.example/token");

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A vendor that issues tokens with this lifetime. */
function issuer(expires_in: number | undefined, status = 200) {
  const calls: Call[] = [];
  const recorder: Recorder = {
    async call(call) {
      calls.push(call);
      const issued = exchange(
        { access_token: `t${calls.length}`, token_type: "Bearer", expires_in },
        { status },
      );
      return { ...issued, startedAt: new Date().toISOString() };
    },
  };
  const endpoint = { url: URL_OF_TOKENS, scope: "inventory:read", audience: URL_OF_TOKENS.href };
  const mint = createTokenMint(() => readVendorTerms(null), {}, systemClock);
  const tokens = accessTokens(CLIENT, () => endpoint, mint);
  const get = () => (typeof tokens.bearer === "string" ? tokens.bearer : tokens.bearer(recorder));
  return { calls, tokens, get };
}

test("makes one request as RFC 6749 defines it, however many calls wait for the token", async () => {
  const { calls, tokens, get } = issuer(3600);
  expect(await Promise.all([get(), get(), get()])).toEqual(["t1", "t1", "t1"]);
  expect(calls).toMatchObject([
    {
      method: "POST",
      url: URL_OF_TOKENS,
      credential: CLIENT,
      form: { grant_type: "client_credentials", scope: "inventory:read" },
    },
  ]);
  expect(tokens.issued).toEqual(["t1"]);
});

test.each<[number | undefined, number]>([
  [3600, 3540],
  [90, 45],
  [4, 2],
  // Without expires_in, the assumed lifetime is a minute.
  [undefined, 60],
])("renews a token with a lifetime of %s s after %d s", async (expiresIn, seconds) => {
  const { tokens, get } = issuer(expiresIn);
  await get();
  vi.advanceTimersByTime(seconds * 1000 - 1);
  expect(await get()).toBe("t1");
  vi.advanceTimersByTime(1);
  expect(await get()).toBe("t2");
  expect(tokens.issued).toEqual(["t1", "t2"]);
});

test("reports a vendor that issues no token, and tries again with the next call", async () => {
  const { calls, get } = issuer(3600, 401);
  for (const asked of [1, 2]) {
    await expect(get()).rejects.toMatchObject({
      code: "cannot_drive",
      message: expect.stringContaining("AUTH-004"),
    });
    expect(calls).toHaveLength(asked);
  }
});

const scheme = "oauth2_client_credentials";
test.each<[string, object | null, string]>([
  ["no manifest", null, "--api-key"],
  ["no such scheme", { authentication: [{ scheme: "bearer" }] }, "--api-key"],
  ["no token_url", { authentication: [{ scheme }] }, "MAN-001"],
  ["an invalid token_url", { authentication: [{ scheme, token_url: "/token" }] }, "MAN-001"],
  [
    "a token_url with a password",
    { authentication: [{ scheme, token_url: "https://a:b@c.example" }] },
    "MAN-007",
  ],
])("rejects a manifest with %s", (_, manifest, words) => {
  expect(() => tokenEndpoint(manifest as Parameters<typeof tokenEndpoint>[0])).toThrow(
    expect.objectContaining({ code: "cannot_drive", message: expect.stringContaining(words) }),
  );
});
