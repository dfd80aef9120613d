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
  runClaimed,
  startVendor,
  temporaryFolder,
  virtualClock,
} from "./testing/harness.ts";

const campus = (prepare?: (app: Campus["app"]) => void) =>
  startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], clock: virtualClock }),
    prepare,
  );

/** Repeats the credential in responses and returns invalid statuses. */
const careless = (app: Campus["app"]) =>
  app.addHook("onSend", async (request, _reply, payload) => {
    if (typeof payload !== "string" || !request.url.startsWith("/v1/devices")) return payload;
    return payload
      .replaceAll('"type":"camera"', `"type":"camera","seen":"${request.headers.authorization}"`)
      .replaceAll('"status":"online"', '"status":"fine"');
  });

/** Prepares a folder for reports in every format. */
async function reportsIn() {
  const folder = await temporaryFolder();
  return {
    flags: formatNames.flatMap((format) => ["--report", `${format}=${join(folder, format)}`]),
    read: () => Promise.all(formatNames.map((format) => readFile(join(folder, format), "utf8"))),
  };
}

describe("regrade", () => {
  test.each([
    ["a certified vendor", undefined, 0],
    ["a vendor that fails and leaks credentials", careless, 1],
  ])(
    "reproduces every report of the run byte for byte: %s",
    async (_, prepare, code) => {
      const bundle = join(await temporaryFolder(), "bundle.json");
      const certify = code === 0 ? runClaimed : run;
      const [ofRun, ofBundle] = await Promise.all([reportsIn(), reportsIn()]);
      const first = await certify(await campus(prepare), "--bundle", bundle, "--json", ...ofRun.flags);
      expect(first.code).toBe(code);
      const again = await cli("regrade", bundle, "--json", ...ofBundle.flags);
      const [atFirst, later] = [await ofRun.read(), await ofBundle.read()];
      // Compares names, because a diff of megabytes takes minutes.
      expect(formatNames.filter((_, index) => atFirst[index] !== later[index])).toEqual([]);
      expect(again.stdout).toBe(first.stdout);
      expect(again.code).toBe(code);
      expect(again.stderr).toContain("same verdicts as in the recorded run, byte for byte");
      const text = await readFile(bundle, "utf8");
      expectCleanOutput({ stdout: text, stderr: "" });
      expect(text).not.toContain(Buffer.from(API_KEY).toString("base64").slice(0, 20));
    },
    90_000,
  );

  test("rejects a changed or missing bundle", async () => {
    const bundle = join(await temporaryFolder(), "bundle.json");
    await run(await campus(), "--profile", "inventory", "--bundle", bundle);
    const text = await readFile(bundle, "utf8");
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
