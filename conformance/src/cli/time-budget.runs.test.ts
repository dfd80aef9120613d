import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import type { Report } from "../report/report.ts";
import {
  API_KEY,
  cli,
  expectCleanOutput,
  run,
  SMALL_CAMPUS,
  serve,
  startVendor,
  temporaryFolder,
  virtualClock,
} from "./testing/harness.ts";

const keys = [{ key: API_KEY, orgIds: "all" }] as const;
/** Creates a campus that never posts webhooks, so that runs have to wait for them. */
const createSilentCampus = () =>
  createCampus({
    seed: 11,
    apiKeys: keys,
    ...SMALL_CAMPUS,
    send: async () => ({ kind: "answered", status: 204 }),
  });

describe("a time budget", () => {
  test("ends the run as incomplete, reports what it waited for, and cleans up", async () => {
    const folder = await temporaryFolder();
    const [file, bundle] = ["report.json", "bundle.json"].map((name) => join(folder, name)) as [
      string,
      string,
    ];
    const target = await startVendor(createSilentCampus());
    const begun = virtualClock.now();
    const ended = await run(
      target,
      ...["--time-budget", "8", "--report", `json=${file}`, "--bundle", bundle],
    );
    expect(virtualClock.now() - begun).toBeLessThan(16_000);
    expect(ended.code).toBe(4);
    expect(ended.stdout).toContain(
      "INCOMPLETE (partial run)  The time budget ran out before all requirements were tested",
    );
    expect(ended.stdout).toMatch(
      /could not be tested: the time budget of 8 s ran out during: .+; waiting for webhooks, at most \d+ s.*, \d s so far/,
    );
    expectCleanOutput(ended);
    const report = JSON.parse(await readFile(file, "utf8")) as Report;
    expect(report).toMatchObject({ conclusion: "incomplete", stopped: "out_of_time", partial: true });
    // Evidence that was recorded before the budget ran out is graded.
    expect(report.requirements.find(({ id }) => id === "MAN-001")?.verdict).toBe("pass");
    const left = await fetch(`${target}/v1/webhook-endpoints`, {
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    expect(await left.json()).toEqual({ data: [] });
    const again = await cli("regrade", bundle, "--json");
    expect([again.code, JSON.parse(again.stdout).stopped]).toEqual([4, "out_of_time"]);
  });

  test("ends a run that waits for a response, and names it", async () => {
    const ended = await run(await serve(() => {}), "--time-budget", "1");
    expect(ended.stdout).toContain("Read the manifest; waiting for the response to “read the manifest”, ");
    expect(ended.code).toBe(4);
  });

  test("applies to a consumer too", async () => {
    const url = await serve(() => {});
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ended = await cli("run", "receiver", "--url", url, "--secret", secret, "--time-budget", "1");
    expect(ended.stdout).toContain("the time budget of 1 s ran out during: ");
    expect(ended.code).toBe(4);
  });

  test("does not affect a run that finishes in time", async () => {
    const target = await startVendor(createCampus({ seed: 11, apiKeys: keys, ...SMALL_CAMPUS }));
    const ended = await run(target, "--profile", "inventory", "--time-budget", "120");
    expect(ended.stdout).toContain("CERTIFIED");
    expect(ended.code).toBe(0);
  });

  test.each(["0", "1.5", "soon", "86401"])("rejects %s", async (text) => {
    const ended = await run("http://127.0.0.1:9", "--time-budget", text);
    expect(ended.stderr).toContain("--time-budget takes whole seconds from 1 to 86400");
    expect(ended.code).toBe(2);
  });
});
