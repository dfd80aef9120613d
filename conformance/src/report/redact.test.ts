import { expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import { exchange } from "../evidence/testing/recorded.ts";
import { requirements } from "../registry/requirements.ts";
import type { Run } from "../suite/run.ts";
import { redacted } from "./redact.ts";
import { reportOf } from "./report.ts";

const [requirement] = requirements;

/** A run in which one answer was wrong. */
function runOf(bodies: readonly string[], actual = "wrong"): Run {
  const exchanges = bodies.map((body) => exchange(body));
  const endpoints = { forbidden: exchanges } as unknown as Evidence["endpoints"];
  const failures = exchanges.map(({ id }) => ({ at: id, expected: "another", actual }));
  if (!requirement) throw new Error("the contract has no requirements");
  return {
    target: new URL("https://vendor.example"),
    profiles: ["inventory"],
    partial: false,
    conclusion: "not_conformant",
    results: [{ requirement, verdict: "fail", cites: [], failures, reason: null }],
    notJudged: [],
    record: { parts: { endpoints }, missing: {} },
    startedAt: new Date(0),
    finishedAt: new Date(0),
  };
}
const textOf = (run: Run, apiKey = "the-api-key") =>
  JSON.stringify(redacted(reportOf(run), run, [apiKey]))
    .replaceAll("\\\\/", "/")
    .replaceAll("\\/", "/");

const SECRET = "whsec_C2FVsBQIhrscChlQIMV/b5sSYspob7oD";

test.each([
  ["as JSON", JSON.stringify({ secret: SECRET })],
  ["with escaped slashes", JSON.stringify({ secret: SECRET }).replaceAll("/", "\\/")],
  ["deep inside", JSON.stringify({ data: [{ note: `use ${SECRET}` }] })],
  ["in what is no JSON", `<p>${SECRET}</p>`],
  ["in a form of the vendor's own", JSON.stringify({ secret: `C2FVsBQIhrscChlQIMV/b5sSYspob7oD` })],
  ["where the body is cut", JSON.stringify({ padding: "x".repeat(1950), secret: SECRET })],
])("a secret is taken out, %s", (_, body) => {
  const text = textOf(runOf([body]));
  expect(text).toContain("[redacted]");
  expect(text).not.toContain("C2FVsBQI");
});

test("a secret that one answer has is taken out of another, and out of what was found", () => {
  const run = runOf(
    [JSON.stringify({ secret: SECRET }), `echo: ${SECRET}`],
    `it says ${SECRET.slice(0, 30)}…`,
  );
  expect(textOf(run)).not.toContain("C2FVsBQI");
});

test("the API key is taken out wherever it comes back, and the contract's own words stay", () => {
  const text = textOf(runOf(["your key is MUST"]), "MUST");
  expect(text).toContain("your key is [redacted]");
  expect(text).toContain(requirement?.text.replaceAll('"', '\\"') ?? "");
});
