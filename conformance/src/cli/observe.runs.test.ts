import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus } from "@convergint/example-vendor-cloud";
import { findFreePort } from "@convergint/testing/free-port";
import { expect, test } from "vitest";
import { vendorMutants } from "../../mutants/index.ts";
import { certifyVendor } from "../../mutants/matrix/certify-vendor.ts";
import { checks } from "../checks/index.ts";
import { observedChecks } from "../checks/observed.ts";
import { API_KEY, cli, SMALL_CAMPUS, start, startVendor, temporaryFolder } from "./testing/harness.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const watchArgs = (target: string, port: number) => [
  ...["run", "--target", target, "--api-key", API_KEY, "--receiver-port", String(port)],
  ...["--endpoint-url", `http://127.0.0.1:${port}/hook`, "--webhook-secret", SECRET],
];
const watch = (target: string, port: number, ...args: string[]) => cli(...watchArgs(target, port), ...args);

/** Starts a vendor without sandbox control and without an API for endpoints, whose devices change by themselves. */
const startRestless = (port: number) =>
  startVendor(
    createCampus({
      ...{ seed: 7, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS, unrestSeconds: 15 },
      ...{ without: ["endpoint-management", "sandbox"] },
      handRegistered: [{ url: `http://127.0.0.1:${port}/hook`, secret: SECRET }],
    }),
  );

test("certifies a vendor that changes by itself, in a window that was interrupted", async () => {
  const port = await findFreePort();
  const target = await startRestless(port);
  const folder = await temporaryFolder();
  const [state, bundle, key, certificate] = [
    "window.json",
    "bundle.json.gz",
    "vendor.key",
    "certificate.json",
  ].map((name) => join(folder, name)) as [string, string, string, string];
  const observing = (duration: string) => [
    "--observe",
    duration,
    "--state",
    state,
    "--min-changes",
    "60",
    "--json",
  ];
  const observe = (duration: string) => watch(target, port, ...observing(duration));

  const first = await observe("20m");
  expect(first.code).toBe(4);
  const quiet = JSON.parse(first.stdout).requirements.find(({ id }: { id: string }) => id === "EVT-001");
  expect(quiet).toMatchObject({ verdict: "could-not-run" });
  expect(quiet.reason).toMatch(/saw \d+ of 60 changes, and \d of 3 device types in both directions/);
  const saved = await readFile(state, "utf8");
  for (const secret of [API_KEY, SECRET, SECRET.slice("whsec_".length)]) expect(saved).not.toContain(secret);

  const running = start(...watchArgs(target, port), ...observing("45m"));
  await running.waitFor("stderr", "0.6 of 0.8 h");
  running.interrupt();
  expect(await running.ended).toMatchObject({ code: 130 });

  const second = await watch(target, port, ...observing("45m"), "--bundle", bundle);
  const report = JSON.parse(second.stdout);
  expect(
    report.requirements.filter(({ verdict }: { verdict: string }) => /fail|warn|error|could/.test(verdict)),
  ).toEqual([]);
  expect(report).toMatchObject({
    ...{ conclusion: "certified", profiles: [{ name: "health" }], endpoints: "by_hand" },
    trigger: { kind: "observed", changes: expect.any(Number), types: expect.any(Number) },
  });
  expect(report.trigger.changes).toBeGreaterThanOrEqual(60);
  expect(report.trigger.hours).toBeCloseTo(0.75, 1);
  // Each reason is one line, for what a window cannot show, and for what did not happen.
  const reasons = new Map(
    report.not_judged.map(({ id, reason }: { id: string; reason: string }) => [id, reason]),
  );
  expect(reasons.get("MAN-008")).toMatch(/A passive window only reads/);
  expect(reasons.get("DEV-008")).toMatch(/The window of 0.8 h saw none/);
  // The progress promises no change.
  expect(second.stderr).toContain("Look for a site without devices");
  expect(second.stderr).not.toContain("Add a device");
  // The second run watched only what was missing.
  expect(Date.parse(report.finished_at) - Date.parse(report.started_at)).toBeLessThan(20 * 60_000);

  await cli("keygen", key);
  await cli("certify", bundle, "--key", key, "--expires-in", "90d", "--out", certificate);
  const verified = await cli("verify", certificate, "--bundle", bundle, "--public-key", `${key}.pub`);
  expect(verified).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/observed: \d+ changes of 3 types in 0.8 h/),
  });

  const other = await watch(
    target,
    port,
    "--observe",
    "1h",
    "--state",
    state,
    "--second-endpoint-url",
    "http://127.0.0.1/other",
    "--second-webhook-secret",
    SECRET,
  );
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining("another endpoint") });
});

test.each([
  [["--state", "x"], "Give its length with --observe"],
  [["--observe", "1h", "--trigger-cmd", "x"], "--observe only reads"],
  [["--observe", "soon"], "takes a duration"],
  [["--observe", "1h", "--min-changes", "3"], "at least 10"],
])("rejects %j", async (args, message) => {
  const ended = await watch("http://127.0.0.1:9", 0, ...args);
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});

/** Mutants whose defect shows by itself. */
const SAMPLE = ["evt-001-no-recovery", "evt-009-an-id-for-each-endpoint"];

test.each(SAMPLE)("a window catches %s", async (name) => {
  const mutant = vendorMutants[name] as NonNullable<(typeof vendorMutants)[string]>;
  const only = observedChecks.map(({ requirement }) => requirement);
  const { signal } = new AbortController();
  const { results } = await certifyVendor(mutant, checks, signal, { byHand: 2, watchHours: 0.4, only });
  const failed = results.filter(({ verdict }) => verdict === "fail").map(({ requirement }) => requirement.id);
  expect(failed).toEqual([mutant.breaks]);
});
