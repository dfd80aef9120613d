import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus } from "@convergint/example-vendor-cloud";
import { expect, test } from "vitest";
import type { Report } from "../report/report.ts";
import { API_KEY, expectCivil, run, standing, temporaryFolder } from "./testing/world.ts";

/** The campus, whose manifest says nothing of its sandbox: only those who know of it can use it. */
const reticent = () =>
  standing(createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }] }), (app) => {
    app.addHook("onSend", async (request, _reply, payload) => {
      if (typeof payload !== "string" || !request.url.startsWith("/.well-known/")) return payload;
      const { sandbox: _, ...manifest } = JSON.parse(payload);
      return JSON.stringify(manifest);
    });
  });

/** What a vendor's engineer would write: it reads the change and has it made. */
async function command(target: string): Promise<string> {
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

test("a vendor without sandbox control certifies by a command of its own, and the report says so", async () => {
  const target = await reticent();
  const ended = await run(target, "--trigger-cmd", await command(target), "--json");
  const report = JSON.parse(ended.stdout) as Report;
  const open = report.requirements.filter(({ verdict }) => !["pass", "not-applicable"].includes(verdict));
  expect(open.map(({ id, verdict, reason }) => [id, verdict, reason])).toEqual([]);
  expect(report).toMatchObject({ conclusion: "certified", trigger: "command" });
  expectCivil(ended);
}, 90_000);

test("without one nothing is certified, and it says what to give", async () => {
  const ended = await run(await reticent());
  expect(ended.code).toBe(4);
  expect(ended.stdout).toContain("no --trigger-cmd was given");
});

test("no command at all is a usage error", async () => {
  const ended = await run("http://127.0.0.1:9", "--trigger-cmd", " ");
  expect([ended.code, ended.stderr]).toEqual([
    2,
    expect.stringContaining("--trigger-cmd takes a command line"),
  ]);
});

test("a command that fails changes nothing: that is said, and nothing is held against the vendor", async () => {
  const ended = await run(await reticent(), "--trigger-cmd", "echo no such door >&2; exit 7", "--json");
  const report = JSON.parse(ended.stdout) as Report;
  expect(ended.code).toBe(4);
  expect(report.requirements.filter(({ verdict }) => verdict === "fail")).toEqual([]);
}, 90_000);
