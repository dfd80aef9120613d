import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { reportOf } from "./report.ts";
import { reportJsonSchema } from "./report-schema.ts";
import { hostileRun } from "./testing/hostile-run.ts";
import { PUBLISHED as published, reportValidator } from "./testing/report-validator.ts";

test("the file that is published is what the schema says: vitest -u writes it", async () => {
  await expect(reportJsonSchema()).toMatchFileSnapshot(fileURLToPath(published));
});

test("a report is valid, whatever the vendor said", async () => {
  const isValid = await reportValidator();
  const report = JSON.parse(JSON.stringify(reportOf(hostileRun())));
  expect(isValid(report), JSON.stringify(isValid.errors)).toBe(true);
});

test.each<[string, (report: Record<string, unknown>) => void]>([
  ["without its version", (report) => delete report["report_version"]],
  ["of another version", (report) => Object.assign(report, { report_version: "2" })],
  ["with a conclusion that there is not", (report) => Object.assign(report, { conclusion: "fine" })],
  ["with a member that nobody declared", (report) => Object.assign(report, { extra: 1 })],
  [
    "with a verdict that there is not",
    (report) => Object.assign((report["requirements"] as object[])[0] ?? {}, { verdict: "ok" }),
  ],
  [
    "with a failure that says nothing",
    (report) => Object.assign((report["requirements"] as object[])[0] ?? {}, { failures: [{}] }),
  ],
])("a report %s is not valid", async (_, spoil) => {
  const isValid = await reportValidator();
  const report = JSON.parse(JSON.stringify(reportOf(hostileRun())));
  spoil(report);
  expect(isValid(report)).toBe(false);
});
