import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { exchange } from "../evidence/testing/recorded.ts";
import { judge, outcomeOf } from "./testing/judge.ts";

const START_MS = Date.parse("2026-11-23T08:30:00.000Z");

const token = { access_token: "token-of-a-test", token_type: "bearer", expires_in: 4 };
const refusal = (status = 401, body: object = { error: "invalid_client" }) => exchange(body, { status });
/** A call made some seconds after the token was requested. */
const call = (afterSeconds: number, status: number, durationMs = 5): Exchange => ({
  ...exchange({}, { status }),
  startedAt: new Date(START_MS + afterSeconds * 1000).toISOString(),
  durationMs,
});

describe("AUTH-004", () => {
  test.each<[string, Exchange, Exchange, string]>([
    ["a token and a refusal", exchange(token), refusal(), "pass"],
    ["a refusal with 400", exchange(token), refusal(400), "pass"],
    ["a token_type in upper case", exchange({ ...token, token_type: "BEARER" }), refusal(), "pass"],
    ["another token_type", exchange({ ...token, token_type: "mac" }), refusal(), "fail"],
    ["no token_type", exchange({ ...token, token_type: undefined }), refusal(), "fail"],
    ["expires_in as a string", exchange({ ...token, expires_in: "4" }), refusal(), "fail"],
    ["a token that expires immediately", exchange({ ...token, expires_in: 0 }), refusal(), "fail"],
    ["an empty token", exchange({ ...token, access_token: "" }), refusal(), "fail"],
    ["a token with a line break", exchange({ ...token, access_token: "a\r\nb" }), refusal(), "fail"],
    ["201", exchange(token, { status: 201 }), refusal(), "fail"],
    ["no JSON", exchange("access_token=a"), refusal(), "fail"],
    ["a refusal with 403", exchange(token), refusal(403), "fail"],
    ["a refusal without an error", exchange(token), refusal(401, { code: "unauthorized" }), "fail"],
    ["a token for invalid credentials", exchange(token), exchange(token), "fail"],
    ["valid credentials refused with an OAuth error", refusal(), refusal(), "could-not-run"],
    ["valid credentials refused with a problem", refusal(401, {}), refusal(), "fail"],
  ])("%s: %s", async (_, issued, wrong, outcome) => {
    const finding = await judge("AUTH-004", { oauth: { issued, wrong: [wrong], use: null, expiry: null } });
    expect(finding.outcome).toBe(outcome);
    expect(JSON.stringify(finding)).not.toContain(token.access_token);
  });
});

describe("AUTH-005", () => {
  const evidence = ({
    expires_in = 4,
    fresh = call(0.1, 200),
    afterAnother = call(0.2, 200),
    expiry = {},
  }: {
    expires_in?: number;
    fresh?: Exchange;
    afterAnother?: Exchange;
    expiry?: Partial<NonNullable<Evidence["oauth"]["expiry"]>> | null;
  } = {}): Evidence["oauth"] => ({
    issued: exchange({ ...token, expires_in }),
    wrong: [],
    use: { fresh, another: exchange(token), afterAnother },
    expiry: expiry && {
      nearEnd: call(2, 200),
      expired: call(5, 401),
      renewed: exchange(token),
      withRenewed: call(5, 200),
      ...expiry,
    },
  });

  test.each<[string, Evidence["oauth"], string]>([
    ["the token works and expires", evidence(), "pass"],
    ["the token never works", evidence({ fresh: call(0.1, 401) }), "fail"],
    ["the token stops working when another is issued", evidence({ afterAnother: call(0.2, 401) }), "fail"],
    ["the token expires early", evidence({ expiry: { nearEnd: call(2, 401) } }), "fail"],
    ["403 after expiry", evidence({ expiry: { expired: call(5, 403) } }), "fail"],
    ["the token never expires", evidence({ expiry: { expired: call(5, 200) } }), "fail"],
    [
      "every call is refused after expiry",
      evidence({ expiry: { withRenewed: call(5, 401) } }),
      "could-not-run",
    ],
    ["no new token is issued after expiry", evidence({ expiry: { withRenewed: null } }), "could-not-run"],
    ["no lifetime is given", evidence({ expires_in: 0 }), "could-not-run"],
    ["no token is issued", { ...evidence(), use: null, expiry: null }, "could-not-run"],
    [
      "every response was so slow that the token may have expired",
      evidence({ fresh: call(0, 401, 3500), afterAnother: call(3.5, 401), expiry: null }),
      "could-not-run",
    ],
  ])("%s: %s", async (_, oauth, outcome) => {
    expect(await outcomeOf("AUTH-005", { oauth })).toBe(outcome);
  });

  test("a call within the last second of the lifetime does not fail, and is reported as not seen", async () => {
    expect(
      await judge("AUTH-005", { oauth: evidence({ expiry: { nearEnd: call(3.2, 401) } }) }),
    ).toMatchObject({
      outcome: "pass",
      unseen: expect.stringContaining("near the end of the token's lifetime"),
    });
  });

  test("an expiry too far off could not run without an expired token", async () => {
    expect(await judge("AUTH-005", { oauth: evidence({ expires_in: 3600, expiry: null }) })).toMatchObject({
      outcome: "could-not-run",
      reason: expect.stringContaining("--expired-access-token"),
    });
  });

  test.each([
    [401, "pass"],
    [200, "fail"],
    [403, "fail"],
  ])("a given expired token is answered with %d: %s", async (status, outcome) => {
    const oauth = { ...evidence({ expires_in: 3600, expiry: null }), givenExpired: call(1, status) };
    expect(await outcomeOf("AUTH-005", { oauth })).toBe(outcome);
  });
});
