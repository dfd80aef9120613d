import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { exchange } from "../evidence/testing/recorded.ts";
import { accessTokenChecks } from "./access-tokens.ts";

const START_MS = Date.parse("2026-11-23T08:30:00.000Z");

async function judge(id: string, oauth: Evidence["oauth"]) {
  const check = accessTokenChecks.find(({ requirement }) => requirement === id);
  const finding = await check?.judge({ oauth });
  if (!finding) throw new Error(`there is no check of ${id}`);
  return finding;
}

const token = { access_token: "token-of-a-test", token_type: "bearer", expires_in: 4 };
const refusal = (status = 401, body: object = { error: "invalid_client" }) => exchange(body, { status });
/** A call so many seconds after the token was asked for. */
const call = (afterSeconds: number, status: number, durationMs = 5): Exchange => ({
  ...exchange({}, { status }),
  startedAt: new Date(START_MS + afterSeconds * 1000).toISOString(),
  durationMs,
});

describe("AUTH-004", () => {
  test.each<[string, Exchange, Exchange, string]>([
    ["a token and a refusal", exchange(token), refusal(), "pass"],
    ["a refusal with 400", exchange(token), refusal(400), "pass"],
    ["a type in other letters", exchange({ ...token, token_type: "BEARER" }), refusal(), "pass"],
    ["another type", exchange({ ...token, token_type: "mac" }), refusal(), "fail"],
    ["no type", exchange({ ...token, token_type: undefined }), refusal(), "fail"],
    ["expires_in as a text", exchange({ ...token, expires_in: "4" }), refusal(), "fail"],
    ["a token that is gone at once", exchange({ ...token, expires_in: 0 }), refusal(), "fail"],
    ["an empty token", exchange({ ...token, access_token: "" }), refusal(), "fail"],
    ["a token with a line break", exchange({ ...token, access_token: "a\r\nb" }), refusal(), "fail"],
    ["201", exchange(token, { status: 201 }), refusal(), "fail"],
    ["no JSON", exchange("access_token=a"), refusal(), "fail"],
    ["a refusal with 403", exchange(token), refusal(403), "fail"],
    ["a refusal without an error", exchange(token), refusal(401, { code: "unauthorized" }), "fail"],
    ["a token for wrong credentials", exchange(token), exchange(token), "fail"],
    ["right credentials that are refused", refusal(), refusal(), "could-not-run"],
    ["right ones that are refused with a problem", refusal(401, {}), refusal(), "fail"],
  ])("%s: %s", async (_, issued, wrong, outcome) => {
    const finding = await judge("AUTH-004", { issued, wrong: [wrong], use: null, expiry: null });
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
    ["it works and expires", evidence(), "pass"],
    ["it never works", evidence({ fresh: call(0.1, 401) }), "fail"],
    ["it ends when another is issued", evidence({ afterAnother: call(0.2, 401) }), "fail"],
    ["it ends early", evidence({ expiry: { nearEnd: call(2, 401) } }), "fail"],
    ["it is forbidden when it has expired", evidence({ expiry: { expired: call(5, 403) } }), "fail"],
    ["it never expires", evidence({ expiry: { expired: call(5, 200) } }), "fail"],
    ["everything is refused by then", evidence({ expiry: { withRenewed: call(5, 401) } }), "could-not-run"],
    ["no other is issued by then", evidence({ expiry: { withRenewed: null } }), "could-not-run"],
    ["nobody says how long it is good for", evidence({ expires_in: 0 }), "could-not-run"],
    ["none is issued", { ...evidence(), use: null, expiry: null }, "could-not-run"],
    [
      "every answer took until it may have expired",
      evidence({ fresh: call(0, 401, 3500), afterAnother: call(3.5, 401), expiry: null }),
      "could-not-run",
    ],
  ])("%s: %s", async (_, oauth, outcome) => {
    expect((await judge("AUTH-005", oauth)).outcome).toBe(outcome);
  });

  test("a call that came too late for a whole second's rounding is no failure, and is told as not seen", async () => {
    expect(await judge("AUTH-005", evidence({ expiry: { nearEnd: call(3.2, 401) } }))).toMatchObject({
      outcome: "pass",
      unseen: expect.stringContaining("near the token's end"),
    });
  });

  test("an end that was too far off is told as not waited for", async () => {
    expect(await judge("AUTH-005", evidence({ expires_in: 3600, expiry: null }))).toMatchObject({
      outcome: "pass",
      unseen: expect.stringContaining("3600 s"),
    });
  });
});
