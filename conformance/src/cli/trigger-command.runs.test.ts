import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { createCampus } from "@convergint/example-vendor-cloud";
import { findFreePort } from "@convergint/testing/free-port";
import { generateSecret } from "@convergint/webhooks";
import { expect, onTestFinished, test } from "vitest";
import { type Clock, systemClock } from "../harness/clock.ts";
import { createScriptedPerson, readRequest } from "../harness/testing/scripted-person.ts";
import type { Report } from "../report/report.ts";
import {
  API_KEY,
  cli,
  expectCleanOutput,
  MAIN,
  run,
  SMALL_CAMPUS,
  startIn,
  startVendor,
  temporaryFolder,
  virtualClock,
} from "./testing/harness.ts";

/** Starts a campus whose manifest does not declare its sandbox. */
const startWithoutSandbox = (clock: Clock = virtualClock) =>
  startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS, clock }),
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
  expect(report).toMatchObject({
    conclusion: "certified",
    trigger: { kind: "command", devices: expect.any(Number) },
  });
  expectCleanOutput(ended);
});

test("without a trigger command it is incomplete and names the flag", async () => {
  const ended = await run(await startWithoutSandbox());
  expect(ended.code).toBe(4);
  expect(ended.stdout).toContain("neither --trigger-cmd nor --ask-person was given");
});

test("an empty command is a usage error", async () => {
  const ended = await run("http://127.0.0.1:9", "--trigger-cmd", " ");
  expect([ended.code, ended.stderr]).toEqual([
    2,
    expect.stringContaining("--trigger-cmd takes a command line"),
  ]);
});

/** Changes a device through the undeclared sandbox. */
async function changeDevice(
  target: string,
  { deviceId, status }: { deviceId: string; status: string },
): Promise<void> {
  const answer = await fetch(`${target}/sandbox/devices/${deviceId}/status`, {
    method: "POST",
    headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ status }),
  });
  await answer.text();
}

/** Starts `run` for a vendor without sandbox control, with a person at the terminal. */
function runByHand(target: string, ...args: string[]) {
  const person = createScriptedPerson(virtualClock, (asked) => changeDevice(target, asked), {
    choosesAnother: true,
  });
  let seen = 0;
  const running = startIn(
    {
      folder: import.meta.dirname,
      ask(prompt, signal = new AbortController().signal) {
        person.show(running.output.stderr.slice(seen));
        seen = running.output.stderr.length;
        return person.ask(prompt, signal);
      },
    },
    ...["run", "--target", target, "--api-key", API_KEY, "--ask-person", "--profile", "health", ...args],
  );
  return { person, running };
}

/** Starts a campus whose devices change by themselves too, for endpoints that were registered by hand. */
async function startForHands() {
  const port = await findFreePort();
  const handRegistered = ["first", "second"].map((name) => ({
    url: `http://127.0.0.1:${port}/hooks/${name}`,
    secret: generateSecret(),
  }));
  const target = await startVendor(
    createCampus({
      ...{ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS, handRegistered },
      ...{ without: ["endpoint-management", "sandbox"], unrestSeconds: 60 },
    }),
  );
  const flags = handRegistered.flatMap(({ url, secret }, index) => {
    const second = index === 0 ? "" : "second-";
    return [`--${second}endpoint-url`, url, `--${second}webhook-secret`, secret];
  });
  return { target, flags: ["--receiver-port", String(port), ...flags] };
}

test.each([
  ["by API", async () => ({ target: await startWithoutSandbox(), flags: [] }), 16],
  ["by hand", startForHands, 10],
] as const)(
  "certifies a vendor with the changes of a person, with endpoints registered %s",
  async (_, launch, most) => {
    const folder = await temporaryFolder();
    const [key, bundle, certificate] = ["key", "run.json", "certificate.json"].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    const { target, flags } = await launch();
    const { person, running } = runByHand(target, "--json", "--bundle", bundle, ...flags);
    const ended = await running.ended;
    const report = JSON.parse(ended.stdout) as Report;
    const open = report.requirements.filter(({ verdict }) => !["pass", "not-applicable"].includes(verdict));
    expect(open.map(({ id, verdict, reason }) => [id, verdict, reason])).toEqual([]);
    const devices = new Set(person.asked.map(({ deviceId }) => deviceId)).size;
    const trigger = { kind: "person", changes: person.asked.length, devices };
    expect(report).toMatchObject({ conclusion: "certified", trigger });
    expect(trigger.changes).toBeLessThanOrEqual(most);
    // The person refused the first device, so no scenario asks for it again.
    const refused = readRequest(person.text().split("Number of the device")[0] ?? "");
    expect(refused?.deviceId).toBeDefined();
    expect(person.asked.map(({ deviceId }) => deviceId)).not.toContain(refused?.deviceId);
    const [, announced] = /asks you for at most (\d+) changes/.exec(ended.stderr) ?? [];
    expect(Number(announced)).toBeGreaterThanOrEqual(trigger.changes);
    // Each device is put back before another one changes.
    person.asked.forEach(({ deviceId, status }, index) => {
      const before = person.asked[index - 1];
      expect([status, deviceId]).toEqual(
        index % 2 === 0 ? ["offline", deviceId] : ["online", before?.deviceId],
      );
    });
    await cli("keygen", key);
    await cli("certify", bundle, "--key", key, "--out", certificate);
    const verified = await cli("verify", certificate, "--bundle", bundle, "--public-key", `${key}.pub`);
    expect(verified.stdout).toContain(
      `Trigger: ${trigger.changes} changes of ${devices} devices by a person.`,
    );
    expect(verified.code).toBe(0);
    expectCleanOutput(ended);
  },
);

const canOpenTerminal = spawnSync("script", ["--version"]).status === 0;
if (!canOpenTerminal) {
  console.error(
    "NOT TESTED: `script` of util-linux is missing, so the test that asks a person at a real terminal was skipped.",
  );
}

test.skipIf(!canOpenTerminal)(
  "asks at a real terminal, and after Ctrl-C lists what is still changed",
  async () => {
    const target = await startWithoutSandbox(systemClock);
    const words = [process.execPath, "--conditions=@convergint/source", MAIN];
    const flags = ["run", "--target", target, "--api-key", API_KEY, "--ask-person", "--only", "EVT-001"];
    const commandLine = [...words, ...flags].map((word) => `'${word}'`).join(" ");
    // `script` runs the command in a pseudo terminal, and passes on what is typed.
    const child = spawn("script", ["-qefc", commandLine, "/dev/null"], { cwd: import.meta.dirname });
    onTestFinished(() => void child.kill());
    let [raw, shown, answered] = ["", "", 0];
    child.stdout.setEncoding("utf8").on("data", async (text: string) => {
      raw += text;
      shown = stripVTControlCharacters(raw).replaceAll("\r", "");
      if (shown.split("\n> ").length - 1 <= answered) return;
      answered += 1;
      const request = readRequest(shown);
      if (request === null) return;
      if (answered === 4) return void child.stdin.write("\u0003");
      await changeDevice(target, request);
      // A quicker answer would be a second press of the key.
      setTimeout(() => child.stdin.write("\r"), 800);
    });
    const [code] = await once(child, "close");
    expect([code, shown]).toEqual([
      130,
      expect.stringMatching(/still changed\. Put them back online:\n {2}.* id \S+\)\n/),
    ]);
    expect(shown).toMatch(/\[1 of at most \d+\] Take \*.*\* offline, then press Enter\.\n {4}\w+, at /);
    expect(shown).toMatch(/\[2 of at most \d+\] Put \*.*\* back online/);
    expect(answered).toBe(4);
  },
);

test("--ask-person is refused without a terminal, and together with a command", async () => {
  const refused = await run("http://127.0.0.1:9", "--ask-person");
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining("--ask-person needs a terminal"),
  ]);
  expect(refused.stderr).toContain("give --trigger-cmd");
  const both = await run("http://127.0.0.1:9", "--ask-person", "--trigger-cmd", "true");
  expect([both.code, both.stderr]).toEqual([
    2,
    expect.stringContaining("either --trigger-cmd or --ask-person"),
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

/** Starts the reference vendor with a manifest whose sandbox declares the given commands. @param manifestOf changes the manifest further */
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
