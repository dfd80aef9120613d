import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus } from "@convergint/example-vendor-cloud";
import { expect, test } from "vitest";
import type { Report } from "../report/report.ts";
import {
  API_KEY,
  expectCleanOutput,
  run,
  SMALL_CAMPUS,
  startVendor,
  temporaryFolder,
} from "./testing/harness.ts";

/** Starts a campus whose manifest does not declare its sandbox. */
const startWithoutSandbox = () =>
  startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }),
    (app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string" || !request.url.startsWith("/.well-known/")) return payload;
        const { sandbox: _, ...manifest } = JSON.parse(payload);
        return JSON.stringify(manifest);
      });
    },
  );

/** Writes a trigger command that changes a device through the undeclared sandbox. */
async function writeCommand(target: string): Promise<string> {
  const file = join(await temporaryFolder(), "trigger.mjs");
  await writeFile(
    file,
    `let text = "";
for await (const part of process.stdin) text += part;
const { device_id, status, status_reason } = JSON.parse(text);
const answer = await fetch("${target}/sandbox/devices/" + device_id + "/status", {
  method: "POST",
  headers: { authorization: "Bearer ${API_KEY}", "content-type": "application/json" },
  body: JSON.stringify({ status, ...(status_reason && { status_reason }) }),
});
if (!answer.ok) throw new Error(await answer.text());
`,
  );
  return `"${process.execPath}" "${file}"`;
}

test("certifies a vendor without sandbox control with a trigger command, and reports it", async () => {
  const target = await startWithoutSandbox();
  const ended = await run(target, "--trigger-cmd", await writeCommand(target), "--json");
  const report = JSON.parse(ended.stdout) as Report;
  const open = report.requirements.filter(({ verdict }) => !["pass", "not-applicable"].includes(verdict));
  expect(open.map(({ id, verdict, reason }) => [id, verdict, reason])).toEqual([]);
  expect(report).toMatchObject({ conclusion: "certified", trigger: "command" });
  expectCleanOutput(ended);
});

test("without a trigger command it is incomplete and names the flag", async () => {
  const ended = await run(await startWithoutSandbox());
  expect(ended.code).toBe(4);
  expect(ended.stdout).toContain("--trigger-cmd was not given");
});

test("an empty command is a usage error", async () => {
  const ended = await run("http://127.0.0.1:9", "--trigger-cmd", " ");
  expect([ended.code, ended.stderr]).toEqual([
    2,
    expect.stringContaining("--trigger-cmd takes a command line"),
  ]);
});

test("a failing command makes the run incomplete, without failures", async () => {
  const ended = await run(
    await startWithoutSandbox(),
    "--trigger-cmd",
    "echo no such door >&2; exit 7",
    "--json",
  );
  const report = JSON.parse(ended.stdout) as Report;
  expect(ended.code).toBe(4);
  expect(report.requirements.filter(({ verdict }) => verdict === "fail")).toEqual([]);
});

/** Requirements that need devices to be added, moved and removed. */
const NEEDS_INSTALLATION = ["INV-014", "PAGE-009", "SYNC-003", "SYNC-008"];

interface Row {
  readonly id: string;
  readonly verdict?: string;
  readonly reason?: string;
}

/** Starts a campus whose sandbox declares these commands. @param manifestOf changes the manifest further */
const startWithCommands = (
  commands: readonly string[],
  // biome-ignore lint/suspicious/noExplicitAny: a manifest, before anything has validated it
  manifestOf: (manifest: any) => object = (manifest) => manifest,
) =>
  startVendor(
    createCampus({ seed: 5, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }),
    (app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string" || !request.url.startsWith("/.well-known/")) return payload;
        const manifest = JSON.parse(payload);
        return JSON.stringify(manifestOf({ ...manifest, sandbox: { ...manifest.sandbox, commands } }));
      });
    },
  );

test("certifies a sandbox with only the status command, and reports what it could not test", async () => {
  const ran = await run(await startWithCommands(["status"]), "--json");
  const { conclusion, requirements, not_judged } = JSON.parse(ran.stdout);
  expect([ran.code, conclusion]).toEqual([0, "certified"]);
  const unseen = not_judged.filter(({ reason }: Row) => reason?.includes("sandbox.commands"));
  expect(unseen.map(({ id }: Row) => id).toSorted()).toEqual(NEEDS_INSTALLATION);
  const rows: readonly Row[] = requirements;
  expect(rows.filter(({ id }) => NEEDS_INSTALLATION.includes(id))).toEqual([]);
  expect(rows.find(({ id }) => id === "SYNC-002")?.verdict).toBe("pass");
  expect(rows.find(({ id }) => id === "SBX-006")?.verdict).toBe("not-applicable");
  expectCleanOutput(ran);
});

test("certifies a vendor that offers only polling, by the status command", async () => {
  const target = await startWithCommands(["status"], ({ webhooks: _, backfill: __, ...manifest }) => ({
    ...manifest,
    device_types: manifest.device_types.map(({ type }: { type: string }) => ({
      type,
      status_from: ["inventory"],
    })),
  }));
  const ran = await run(target, "--profile", "inventory", "--json");
  const { conclusion, requirements } = JSON.parse(ran.stdout);
  expect([ran.code, conclusion]).toEqual([0, "certified"]);
  const verdictOf = (id: string) => requirements.find((row: Row) => row.id === id)?.verdict;
  expect(["SYNC-002", "INV-018"].map(verdictOf)).toEqual(["pass", "pass"]);
});
