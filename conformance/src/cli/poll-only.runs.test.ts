import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Report } from "../report/report.ts";
import { API_KEY, runClaimed, serve, temporaryFolder, virtualClock } from "./testing/harness.ts";
import { pollOnlyVendor } from "./testing/poll-only-vendor.ts";

const vendor = { apiKey: API_KEY, clock: virtualClock };
/** The longest time that a run of such a vendor may take, waits included. */
const MAX_SECONDS = 20;

test("one command with only a key certifies a vendor that can only be polled, in less than 20 s", async () => {
  const file = join(await temporaryFolder(), "report.json");
  const target = await serve(pollOnlyVendor(vendor));
  const { code, stdout } = await runClaimed(target, "--report", `json=${file}`);
  const report: Report = JSON.parse(await readFile(file, "utf8"));
  expect([code, report.conclusion]).toEqual([0, "certified"]);
  expect(report.profiles.map(({ name }) => name)).toEqual(["inventory"]);
  expect((Date.parse(report.finished_at) - Date.parse(report.started_at)) / 1000).toBeLessThan(MAX_SECONDS);
  expect(report.not_judged.map(({ id }) => id)).toContain("SITE-007");

  // What could not be tested takes one line for each reason.
  const lines = stdout.split("\n");
  const inPart = report.requirements.filter(({ verdict, reason }) => verdict === "pass" && reason !== null);
  expect(inPart).not.toEqual([]);
  for (const { id, reason } of [...report.not_judged, ...inPart])
    expect(
      lines.filter((line) => line.endsWith(`  ${reason}`) && line.includes(id)),
      id,
    ).toHaveLength(1);
});

test("does not certify it if the status of one device is missing", async () => {
  const target = await serve(
    pollOnlyVendor(vendor, (devices) => {
      delete devices[16]?.status;
    }),
  );
  const { code, stdout } = await runClaimed(target, "--json");
  const { requirements, conclusion }: Report = JSON.parse(stdout);
  const failed = requirements.filter(({ verdict }) => verdict === "fail");
  expect([code, conclusion, failed.map(({ id }) => id)]).toEqual([1, "not_conformant", ["DEV-001"]]);
});
