import { describe, expect, test } from "vitest";
import type { Evidence, RefusedToken } from "../evidence/evidence.ts";
import { exchange } from "../evidence/testing/recorded.ts";
import { judge, outcomeOf } from "./testing/judge.ts";

const answer = (status: number) => exchange({}, { status });

const discovery = {
  manifest: exchange({
    authentication: [{ scheme: "signed_jwt", algorithms: ["RS256", "EdDSA"], issuer: "convergint" }],
  }),
};

const evidence = (change: Partial<Evidence["signedTokens"]> = {}) => ({
  discovery,
  signedTokens: {
    accepted: [answer(200), answer(200)],
    refused: [],
    algorithms: ["RS256", "EdDSA"],
    rotation: null,
    ...change,
  },
});

const refused = (kind: RefusedToken["kind"], ...statuses: number[]): readonly RefusedToken[] =>
  statuses.map((status) => ({ kind, exchange: answer(status) }));

describe("AUTH-009", () => {
  test.each<[string, number[], string]>([
    ["every valid token works", [200, 200, 200], "pass"],
    ["one valid token is refused", [200, 401, 200], "fail"],
    ["a valid token is forbidden", [403, 403, 403], "fail"],
    ["every valid token is refused, maybe because the key is not registered", [401, 401], "could-not-run"],
  ])("%s: %s", async (_, statuses, outcome) => {
    expect(await outcomeOf("AUTH-009", evidence({ accepted: statuses.map(answer) }))).toBe(outcome);
  });

  test("a refused key is explained by what the user can check", async () => {
    expect(await judge("AUTH-009", evidence({ accepted: [answer(401)] }))).toMatchObject({
      reason: expect.stringMatching(/public key of --private-key-file.*--key-id.*issuer and audience/s),
    });
  });

  test("names the declared algorithms for which the run had no key", async () => {
    expect(await judge("AUTH-009", evidence({ algorithms: ["RS256"] }))).toMatchObject({
      outcome: "pass",
      unseen: expect.stringContaining("no key for EdDSA"),
    });
  });
});

describe("a token that the vendor must refuse", () => {
  test.each<[string, RefusedToken["kind"], number[], string]>([
    ["AUTH-010", "expired", [401], "pass"],
    ["AUTH-010", "expired", [200], "fail"],
    ["AUTH-012", "signature", [401, 401, 200], "fail"],
    ["AUTH-016", "none", [403], "fail"],
    ["AUTH-017", "shared_secret", [401, 500], "fail"],
  ])("%s: a token that is wrong by %s is answered with %s: %s", async (id, kind, statuses, outcome) => {
    expect(await outcomeOf(id, evidence({ refused: refused(kind, ...statuses) }))).toBe(outcome);
  });

  test("proves nothing if a valid token is refused too", async () => {
    const both = { accepted: [answer(401)], refused: refused("issuer", 401) };
    expect(await outcomeOf("AUTH-014", evidence(both))).toBe("could-not-run");
  });

  test.each([
    ["AUTH-013", "--key-id"],
    ["AUTH-015", "no audience"],
  ])("%s does not apply if there is no such token: %s", async (id, words) => {
    expect(await judge(id, evidence())).toMatchObject({
      outcome: "not-applicable",
      reason: expect.stringContaining(words),
    });
  });
});

describe("AUTH-021", () => {
  test.each<[string, number[] | null, string]>([
    ["both keys work", [200, 200, 200], "pass"],
    ["the next key does not work", [200, 401, 200], "fail"],
    ["the next key ends the current key", [200, 200, 401], "fail"],
    ["neither key works", [401, 401, 401], "could-not-run"],
    ["there is no next key", null, "could-not-run"],
  ])("%s: %s", async (_, statuses, outcome) => {
    const rotation = statuses?.map(answer) ?? null;
    expect(await outcomeOf("AUTH-021", evidence({ rotation }))).toBe(outcome);
  });
});
