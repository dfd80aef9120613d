import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import manifest from "../../package.json" with { type: "json" };
import { redacted } from "./redact.ts";
import { type Report, reportOf } from "./report.ts";
import { hostileRun } from "./testing/hostile-run.ts";
import { reportSchema } from "./testing/report-schema.ts";
import { wrongIn } from "./testing/valid-report.ts";

type Described = z.infer<typeof reportSchema>;

const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "https://schemas.convergint.com/conformance/report-1.json",
  title: "Report of a conformance run, version 1",
  ...z.toJSONSchema(reportSchema),
};

test("the published schema is the one that the types are held against; vitest -u writes it anew", async () => {
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot("../../report.schema.json");
});

test("it describes the type of the report, with every member there is", () => {
  expectTypeOf<Described>().toExtend<Report>();
  expectTypeOf<keyof Described>().toEqualTypeOf<keyof Report>();
  for (const list of ["requirements", "not_judged", "exchanges", "deliveries", "profiles"] as const) {
    expectTypeOf<keyof Described[typeof list][number]>().toEqualTypeOf<keyof Report[typeof list][number]>();
  }
  expectTypeOf<Described["requirements"][number]["verdict"]>().toEqualTypeOf<
    Report["requirements"][number]["verdict"]
  >();
  expectTypeOf<Described["conclusion"]>().toEqualTypeOf<Report["conclusion"]>();
});

test("it is published with the package", () => {
  expect(manifest.files).toContain("report.schema.json");
  expect(manifest.exports).toEqual({ "./report.schema.json": "./report.schema.json" });
});

const report = (): Report => structuredClone(redacted(reportOf(hostileRun()), hostileRun()));

test("a report is valid, whatever the vendor said", () => {
  expect(wrongIn(report())).toEqual([]);
});

describe("a wrong report is refused", () => {
  // biome-ignore lint/suspicious/noExplicitAny: a wrong report has no type
  type Wrong = any;
  test.each<[string, (report: Wrong) => void]>([
    ["another version", (each) => Object.assign(each, { report_version: "2" })],
    ["a member that nobody defined", (each) => Object.assign(each, { score: 100 })],
    ["no conclusion", (each) => delete each.conclusion],
    ["a conclusion of its own", (each) => Object.assign(each, { conclusion: "passed" })],
    ["no profile", (each) => each.profiles.splice(0)],
    ["a pass without evidence", (each) => each.requirements[4].cites.splice(0)],
    ["a pass with a failure", (each) => each.requirements[4].failures.push(each.requirements[0].failures[0])],
    ["a failure of nothing", (each) => each.requirements[0].failures.splice(0)],
    ["a failure without evidence", (each) => delete each.requirements[0].failures[0].at],
    [
      "a failure with a member of its own",
      (each) => Object.assign(each.requirements[0].failures[0], { fix: "" }),
    ],
    [
      "what was not judged, without a reason",
      (each) => Object.assign(each.requirements[3], { reason: null }),
    ],
    ["a verdict of its own", (each) => Object.assign(each.requirements[0], { verdict: "skipped" })],
    ["an exchange without its headers", (each) => delete each.exchanges[0].request_headers],
    ["a time that is none", (each) => Object.assign(each, { started_at: "yesterday" })],
  ])("%s", (_, change) => {
    const wrong = report();
    change(wrong);
    expect(wrongIn(wrong)).not.toEqual([]);
  });
});
