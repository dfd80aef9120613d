import { readFile, writeFile } from "node:fs/promises";
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
  startVendor,
  temporaryFolder,
} from "./testing/harness.ts";

/** Starts a campus that fails only MAN-001, because of the media type of its manifest. */
const campus = ({ isSound = false } = {}) =>
  startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }),
    (app) => {
      app.addHook("onSend", async (request, reply, payload) => {
        if (!isSound && request.url.startsWith("/.well-known/")) reply.header("content-type", "text/plain");
        return payload;
      });
    },
  );

const LATER = "2999-12-31";
const known = (id: string, expires = LATER) => ({ id, reason: "Fixed in release 7.", expires });

/** Runs the suite with a baseline in the profile inventory. */
async function runWith(target: string, content: unknown, ...args: string[]) {
  const folder = await temporaryFolder();
  const [file, report, bundle, junit] = ["baseline.json", "report.json", "bundle.json", "junit.xml"].map(
    (name) => join(folder, name),
  ) as [string, string, string, string];
  await writeFile(file, typeof content === "string" ? content : JSON.stringify({ known_failures: content }));
  const ended = await run(
    target,
    ...["--profile", "inventory", "--baseline", file, "--bundle", bundle],
    ...["--report", `json=${report}`, "--report", `junit=${junit}`, ...args],
  );
  expectCleanOutput(ended);
  const readReport = async () => JSON.parse(await readFile(report, "utf8")) as Report;
  return { ...ended, folder, bundle, readReport, junit: () => readFile(junit, "utf8") };
}

describe("a baseline", () => {
  test("a failure without a baseline exits with 1", async () => {
    const ended = await run(await campus(), "--profile", "inventory", "--json");
    const failing = (JSON.parse(ended.stdout) as Report).requirements.filter(
      ({ verdict }) => verdict === "fail",
    );
    expect(failing.map(({ id }) => id)).toEqual(["MAN-001"]);
    expect(ended.code).toBe(1);
  });

  test("shows a known failure without failing CI, and never certifies", async () => {
    const ended = await runWith(await campus(), [known("MAN-001")]);
    expect(ended.stdout).toContain("NOT CONFORMANT (with a baseline)  inventory: MAN-001 failed.");
    expect(ended.stdout).toContain(
      `The baseline ignores MAN-001 until ${LATER}; a run with a baseline is never certified. There are no other failures.`,
    );
    expect(ended.code).toBe(0);
    expect(await ended.readReport()).toMatchObject({
      conclusion: "not_conformant",
      baselined: true,
      baseline: { known: [known("MAN-001")], stale: [], holds: true },
    });
    const junit = await ended.junit();
    expect(junit).toContain(`<skipped message="known failure until ${LATER}: Fixed in release 7."/>`);
    expect(junit).not.toMatch(/<failure|<error|failures="[1-9]/);
    const key = join(ended.folder, "vendor.key");
    await cli("keygen", key);
    const refused = await cli("certify", ended.bundle, "--key", key);
    expect(refused.stderr).toContain("the run used a baseline of known failures");
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
  });

  test("never certifies, even without failures, also from the bundle", async () => {
    const ended = await runWith(await campus({ isSound: true }), []);
    expect(ended.stdout).toContain("INCOMPLETE (with a baseline)");
    expect(ended.stdout).not.toContain("CERTIFIED");
    expect(ended.code).toBe(0);
    expect((await ended.readReport()).profiles).toEqual([{ name: "inventory", conclusion: "incomplete" }]);
    expect(await ended.junit()).not.toMatch(/<failure|<error/);
    const again = await cli("regrade", ended.bundle, "--json");
    expect((JSON.parse(again.stdout) as Report).conclusion).toBe("incomplete");
  });

  test.each<[string, boolean, ReturnType<typeof known>, string]>([
    [
      "passes now",
      true,
      known("MAN-001"),
      "Baseline entry MAN-001 is outdated: the requirement passes now; remove the entry.",
    ],
    [
      "has expired",
      false,
      known("MAN-001", "2020-02-29"),
      "the entry expired on 2020-02-29; fix the failure",
    ],
    ["is unknown", true, known("MAN-999"), "Baseline entry MAN-999 is outdated: the requirement is unknown"],
    [
      "does not apply",
      true,
      known("SIG-004"),
      "Baseline entry SIG-004 is outdated: the requirement does not apply",
    ],
  ])("fails if an entry %s", async (_, isSound, entry, advice) => {
    const args = entry.id === "SIG-004" ? ["--profile", "health"] : [];
    const ended = await runWith(await campus({ isSound }), [entry], ...args);
    expect(ended.stdout).toContain(advice);
    expect(ended.code).toBe(1);
    expect((await ended.readReport()).baseline).toMatchObject({ stale: [{ id: entry.id }], holds: false });
    expect(await ended.junit()).toContain(`classname="baseline" name="${entry.id}"><failure type="stale"`);
  });

  test("ignores only the listed failures, and does not call untested entries stale", async () => {
    // DLV-001 is not in the profile that this test certifies.
    const ended = await runWith(await campus(), [known("DLV-001")]);
    expect(ended.stdout).toContain("The baseline ignores nothing");
    expect(ended.code).toBe(1);
    expect((await ended.readReport()).baseline).toMatchObject({ known: [], stale: [], holds: false });
  });

  test("does not complete a partial run", async () => {
    const ended = await runWith(await campus(), [known("MAN-001")], "--only", "MAN-001", "--only", "MAN-002");
    expect(ended.code).toBe(4);
  });

  test.each<[string, unknown, string]>([
    ["invalid JSON", "[", "is not JSON"],
    ["not an object", "[]", "must be an object with known_failures."],
    ["no reason", [{ id: "MAN-001", expires: LATER }], "/known_failures/0/reason must say why the failure"],
    ["an empty reason", [{ ...known("MAN-001"), reason: "" }], "/known_failures/0/reason must say why"],
    [
      "an invalid day",
      [known("MAN-001", "soon")],
      "/known_failures/0/expires must be the last day on which the failure is tolerated",
    ],
    ["a duplicate entry", [known("MAN-001"), known("MAN-001")], "duplicate entry for MAN-001"],
  ])("rejects %s before the run", async (_, content, advice) => {
    const ended = await runWith("http://127.0.0.1:9", content);
    expect(ended.stderr).toContain(advice);
    expect(ended.code).toBe(2);
  });

  test("rejects a missing file", async () => {
    const ended = await run("http://127.0.0.1:9", "--baseline", "/nowhere/baseline.json");
    expect(ended.stderr).toContain("Cannot read the baseline from /nowhere/baseline.json");
    expect(ended.code).toBe(2);
  });
});
