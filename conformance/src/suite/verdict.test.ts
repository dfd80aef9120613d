import { describe, expect, test } from "vitest";
import type { Requirement } from "../registry/requirements.ts";
import { concludeFrom, exitCodeOf, type Result, severityOf, type Verdict } from "./verdict.ts";

const requirement: Requirement = {
  id: "A-001",
  level: "MUST",
  actor: "vendor",
  profile: "inventory",
  capability: null,
  text: "It MUST.",
  anchor: "#a-001",
};
const results = (...verdicts: Verdict[]): Result[] =>
  verdicts.map((verdict) => ({ requirement, verdict, cites: [], failures: [], judged: null, reason: null }));

describe("concludeFrom", () => {
  test.each<[Verdict[], ReturnType<typeof concludeFrom>]>([
    [["pass"], "certified"],
    [["pass", "warn", "info", "not-applicable"], "certified"],
    [["pass", "could-not-run"], "incomplete"],
    [["could-not-run"], "incomplete"],
    [["not-applicable"], "incomplete"],
    [["warn"], "incomplete"],
    [[], "incomplete"],
    [["pass", "fail", "could-not-run"], "not_conformant"],
    [["pass", "fail", "harness-error"], "harness_error"],
  ])("%j is %s", (verdicts, conclusion) => {
    expect(concludeFrom(results(...verdicts), false)).toBe(conclusion);
  });

  test("a partial run never certifies but still reports failures", () => {
    expect(concludeFrom(results("pass"), true)).toBe("incomplete");
    expect(concludeFrom(results("fail"), true)).toBe("not_conformant");
  });
});

test("only a certified run exits with 0", () => {
  const zero = Object.entries(exitCodeOf).filter(([, code]) => code === 0);
  expect(zero).toEqual([["certified", 0]]);
  expect(severityOf).toEqual({ MUST: "fail", SHOULD: "warn", MAY: "info" });
});
