import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createReport } from "./report.ts";
import { renderReportSchema } from "./report-schema.ts";
import { createHostileRun } from "./testing/hostile-run.ts";
import { createReportValidator, PUBLISHED as published } from "./testing/report-validator.ts";

test("the published file matches the schema; `vitest -u` updates it", async () => {
  await expect(renderReportSchema()).toMatchFileSnapshot(fileURLToPath(published));
});

test("a report of a hostile vendor is valid", async () => {
  const isValid = await createReportValidator();
  const report = JSON.parse(JSON.stringify(createReport(createHostileRun())));
  expect(isValid(report), JSON.stringify(isValid.errors)).toBe(true);
});

test.each<[string, (report: Record<string, unknown>) => void]>([
  ["without its version", (report) => delete report["report_version"]],
  ["of another version", (report) => Object.assign(report, { report_version: "2" })],
  ["with an unknown conclusion", (report) => Object.assign(report, { conclusion: "fine" })],
  ["with an undeclared member", (report) => Object.assign(report, { extra: 1 })],
  [
    "with an unknown verdict",
    (report) => Object.assign((report["requirements"] as object[])[0] ?? {}, { verdict: "ok" }),
  ],
  [
    "with an empty failure",
    (report) => Object.assign((report["requirements"] as object[])[0] ?? {}, { failures: [{}] }),
  ],
])("rejects a report %s", async (_, spoil) => {
  const isValid = await createReportValidator();
  const report = JSON.parse(JSON.stringify(createReport(createHostileRun())));
  spoil(report);
  expect(isValid(report)).toBe(false);
});
