import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Campus, createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import { formatNames } from "../report/formats.ts";
import {
  API_KEY,
  cli,
  expectCleanOutput,
  run,
  SMALL_CAMPUS,
  startVendor,
  temporaryFolder,
} from "./testing/harness.ts";
import { loadRecordedRun } from "./testing/recorded-run.ts";

const campus = (prepare?: (app: Campus["app"]) => void) =>
  startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }),
    prepare,
  );

/** Makes the campus echo the credential in responses and return invalid statuses. */
const careless = (app: Campus["app"]) =>
  app.addHook("onSend", async (request, _reply, payload) => {
    if (typeof payload !== "string" || !request.url.startsWith("/v1/devices")) return payload;
    return payload
      .replaceAll('"type":"camera"', `"type":"camera","seen":"${request.headers.authorization}"`)
      .replaceAll('"status":"online"', '"status":"fine"');
  });

/** Reads the reports in every format. */
async function readReports(fileOf: (format: string) => string): Promise<Readonly<Record<string, string>>> {
  const read = async (format: string) => [format, await readFile(fileOf(format), "utf8")] as const;
  return Object.fromEntries(await Promise.all(formatNames.map(read)));
}

/** Prepares a folder for reports in every format. */
async function reportsIn() {
  const folder = await temporaryFolder();
  return {
    flags: formatNames.flatMap((format) => ["--report", `${format}=${join(folder, format)}`]),
    read: () => readReports((format) => join(folder, format)),
  };
}

describe("regrade", () => {
  /** Expects the same reports as the original run produced, and no secrets in that run's bundle. */
  async function expectSameReports(bundle: string, ofRun: Readonly<Record<string, string>>, code: number) {
    const again = await reportsIn();
    const ended = await cli("regrade", bundle, "--json", ...again.flags);
    const ofBundle = await again.read();
    // Compares the names of differing formats, because a diff of megabytes would take minutes.
    expect(formatNames.filter((name) => ofRun[name] !== ofBundle[name])).toEqual([]);
    expect(ended.stdout === ofRun["json"]).toBe(true);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain("same verdicts as in the recorded run, byte for byte");
    const text = await readFile(bundle, "utf8");
    expectCleanOutput({ stdout: text, stderr: "" });
    expect(text).not.toContain(Buffer.from(API_KEY).toString("base64").slice(0, 20));
  }

  test("reproduces every report of a certified run byte for byte", async () => {
    const { ended, bundle, reportFile } = await loadRecordedRun("claimed");
    expect(ended.code).toBe(0);
    await expectSameReports(bundle, await readReports(reportFile), 0);
  });

  test("reproduces every report of a vendor that fails and leaks credentials byte for byte", async () => {
    const bundle = join(await temporaryFolder(), "bundle.json");
    const ofRun = await reportsIn();
    const first = await run(await campus(careless), "--bundle", bundle, "--json", ...ofRun.flags);
    expect(first.code).toBe(1);
    const reports = await ofRun.read();
    expect(first.stdout === reports["json"]).toBe(true);
    await expectSameReports(bundle, reports, 1);
  });

  test("rejects a changed or missing bundle", async () => {
    const bundle = join(await temporaryFolder(), "bundle.json");
    const text = await readFile((await loadRecordedRun("inventory")).bundle, "utf8");
    await writeFile(bundle, text.replace('"status":200', '"status":201'));
    const changed = await cli("regrade", bundle);
    expect(changed.stderr).toContain("changed after it was written");
    expect(changed.code).toBe(2);
    const missing = await cli("regrade", `${bundle}.not`);
    expect(missing.stderr).toContain("Cannot read the bundle");
    expect(missing.code).toBe(2);
    expectCleanOutput(missing);
  });
});
