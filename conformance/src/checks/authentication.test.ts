import { describe, expect, test } from "vitest";
import { exchange } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

const answerWith = (status: number) => exchange({}, { status });

test.each([
  ["Bearer", "pass"],
  ['Bearer realm="cloud", error="invalid_token"', "pass"],
  ['Basic realm="x", Bearer', "pass"],
  ['Basic realm="bearer"', "fail"],
  ["", "fail"],
])("AUTH-003: WWW-Authenticate: %s: %s", async (scheme, outcome) => {
  const refusal = exchange({}, { status: 401, headers: { "www-authenticate": scheme } });
  const authentication = { withoutCredential: [refusal], wrongCredential: [], wrongKey: "k" };
  expect(await outcomeOf("AUTH-003", { authentication })).toBe(outcome);
});

describe("AUTH-006", () => {
  test.each([
    [[401, 401], 401, "pass"],
    [[401, 200], 401, "fail"],
    [[403], 401, "fail"],
    [[404], 401, "fail"],
    // If the vendor accepts any credential, its response to a withdrawn credential proves nothing.
    [[200], 200, "could-not-run"],
    [[], 401, "could-not-run"],
  ])("calls answered %j, made-up credentials %d: %s", async (statuses, madeUp, outcome) => {
    const evidence = {
      authentication: { withoutCredential: [], wrongCredential: [answerWith(madeUp)], wrongKey: "k" },
      withdrawal: { calls: statuses.map(answerWith) },
    };
    expect(await outcomeOf("AUTH-006", evidence)).toBe(outcome);
  });
});
