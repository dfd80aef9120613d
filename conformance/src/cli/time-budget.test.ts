import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import type { Report } from "../report/report.ts";
import { API_KEY, cli, expectCivil, run, serve, standing, temporaryFolder } from "./testing/world.ts";

const keys = [{ key: API_KEY, orgIds: "all" }] as const;
/** A campus that no webhook ever comes from: whoever waits for one waits long. */
const silent = () =>
  createCampus({ seed: 11, apiKeys: keys, send: async () => ({ kind: "answered", status: 204 }) });

describe("a time budget", () => {
  test("ends the run as incomplete with what there is, says what it waited for, and leaves no trace", async () => {
    const folder = await temporaryFolder();
    const [file, bundle] = ["report.json", "bundle.json"].map((name) => join(folder, name)) as [
      string,
      string,
    ];
    const target = await standing(silent());
    const begun = performance.now();
    const ended = await run(
      target,
      ...["--time-budget", "8", "--report", `json=${file}`, "--bundle", bundle],
    );
    expect(performance.now() - begun).toBeLessThan(16_000);
    expect(ended.code).toBe(4);
    expect(ended.stdout).toContain(
      "INCOMPLETE (partial run)  The time budget ran out before all requirements were tested",
    );
    expect(ended.stdout).toMatch(
      /could not be tested: the time budget of 8 s ran out during: .+; waiting for webhooks, at most \d+ s.*, \d s so far/,
    );
    expectCivil(ended);
    const report = JSON.parse(await readFile(file, "utf8")) as Report;
    expect(report).toMatchObject({ conclusion: "incomplete", stopped: "out_of_time", partial: true });
    // What was recorded before is judged.
    expect(report.requirements.find(({ id }) => id === "MAN-001")?.verdict).toBe("pass");
    const left = await fetch(`${target}/v1/webhook-endpoints`, {
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    expect(await left.json()).toEqual({ data: [] });
    const again = await cli("regrade", bundle, "--json");
    expect([again.code, JSON.parse(again.stdout).stopped]).toEqual([4, "out_of_time"]);
  }, 40_000);

  test("ends a run that waits for an answer, and says for which", async () => {
    const ended = await run(await serve(() => {}), "--time-budget", "1");
    expect(ended.stdout).toContain("Read the manifest; waiting for the response to “read the manifest”, ");
    expect(ended.code).toBe(4);
  });

  test("holds for a consumer too", async () => {
    const url = await serve(() => {});
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ended = await cli("run", "receiver", "--url", url, "--secret", secret, "--time-budget", "1");
    expect(ended.stdout).toContain("the time budget of 1 s ran out during: ");
    expect(ended.code).toBe(4);
  });

  test("does not last beyond the run, and takes nothing from one that is in time", async () => {
    const target = await standing(createCampus({ seed: 11, apiKeys: keys }));
    const ended = await run(target, "--profile", "inventory", "--time-budget", "120");
    expect(ended.stdout).toContain("CERTIFIED");
    expect(ended.code).toBe(0);
  });

  test.each(["0", "1.5", "soon", "86401"])("of %s is none", async (text) => {
    const ended = await run("http://127.0.0.1:9", "--time-budget", text);
    expect(ended.stderr).toContain("--time-budget takes whole seconds from 1 to 86400");
    expect(ended.code).toBe(2);
  });
});
