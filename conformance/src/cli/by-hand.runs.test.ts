import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus } from "@convergint/example-vendor-cloud";
import { findFreePort } from "@convergint/testing/free-port";
import { generateSecret } from "@convergint/webhooks";
import { expect, test } from "vitest";
import { execute } from "./execute.ts";
import {
  API_KEY,
  cli,
  expectCleanOutput,
  run,
  SMALL_CAMPUS,
  startVendor,
  temporaryFolder,
  virtualClock,
} from "./testing/harness.ts";

type CampusOptions = Parameters<typeof createCampus>[0];

const campusWith = (options: Partial<CampusOptions>) =>
  createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS, ...options });

/** Writes a command that changes a device by the campus' undeclared sandbox. */
async function writeCommand(target: string): Promise<string> {
  const file = join(await temporaryFolder(), "trigger.mjs");
  await writeFile(
    file,
    `let text = "";
for await (const part of process.stdin) text += part;
const { device_id, command, ...body } = JSON.parse(text);
const headers = { authorization: "Bearer ${API_KEY}", "content-type": "application/json" };
const url = "${target}/sandbox/devices/" + device_id + "/status";
const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
if (!answer.ok) throw new Error(await answer.text());
`,
  );
  return `"${process.execPath}" "${file}"`;
}

test("certifies a vendor without endpoint management and sandbox, and says who registered the endpoints", async () => {
  const port = await findFreePort();
  const [first, second] = ["first", "second"].map((name) => ({
    url: `http://127.0.0.1:${port}/hooks/${name}`,
    secret: generateSecret(),
  })) as [{ url: string; secret: string }, { url: string; secret: string }];
  const target = await startVendor(
    campusWith({
      without: ["endpoint-management", "sandbox"],
      handRegistered: [first, second],
      unrestSeconds: 20,
    }),
  );
  const folder = await temporaryFolder();
  const [bundle, page] = [join(folder, "bundle.json"), join(folder, "report.html")];
  const ended = await run(
    target,
    ...["--trigger-cmd", await writeCommand(target), "--receiver-port", String(port)],
    ...["--endpoint-url", first.url, "--webhook-secret", first.secret],
    ...["--second-endpoint-url", second.url, "--second-webhook-secret", second.secret],
    ...["--bundle", bundle, "--report", `html=${page}`, "--json"],
  );
  const { conclusion, endpoints, requirements, not_judged } = JSON.parse(ended.stdout);
  const open = requirements.filter(
    ({ verdict }: { verdict: string }) => !["pass", "not-applicable"].includes(verdict),
  );
  expect(open).toEqual([]);
  expect([conclusion, endpoints]).toEqual(["certified", "by_hand"]);
  const verdictOf = (id: string) => requirements.find((each: { id: string }) => each.id === id)?.verdict;
  expect(["EVT-001", "EVT-009", "SIG-001", "SEC-002", "DLV-016"].map(verdictOf)).toEqual([
    ...["pass", "pass", "pass"],
    ...["not-applicable", "not-applicable"],
  ]);
  expect(not_judged.map(({ id }: { id: string }) => id)).not.toContain("EVT-009");
  expect(await readFile(page, "utf8")).toContain("endpoints registered by hand");
  const written = (await readFile(bundle, "utf8")) + ended.stdout + ended.stderr;
  for (const { secret } of [first, second]) expect(written).not.toContain(secret.slice("whsec_".length));
  expectCleanOutput(ended);
});

/** Runs a command at a terminal. */
function startAtTerminal(...args: string[]) {
  const written = { stdout: "", stderr: "" };
  const interruption = new AbortController();
  const waiting = new Set<() => void>();
  const screen = (name: keyof typeof written) => ({
    isTTY: true,
    columns: 300,
    write(text: string) {
      written[name] += text;
      for (const check of waiting) check();
    },
  });
  const context = {
    environment: {},
    folder: import.meta.dirname,
    stdout: { ...screen("stdout"), isTTY: false },
    stderr: screen("stderr"),
    ask: null,
    watchInterrupt: () => ({ signal: interruption.signal, release: () => {} }),
    clock: virtualClock,
    exitCode: 0,
  };
  const ended = virtualClock.run(() => execute(args, context));
  return {
    written,
    interrupt: () => interruption.abort(new Error("interrupted")),
    ended,
    /** Waits for a text on standard error; rejects if the command ends before. */
    waitFor: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const check = () => {
          const found = pattern.exec(written.stderr);
          if (found) resolve(found);
        };
        waiting.add(check);
        check();
        ended.then(
          () => reject(new Error(`the command ended without ${pattern}: ${written.stderr}`)),
          reject,
        );
      }),
  };
}

test("shows a new secret once, waits for the first delivery and says what to check, then judges", async () => {
  const campus = campusWith({ without: ["endpoint-management"] });
  const target = await startVendor(campus);
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}/from-vendor`;
  const running = startAtTerminal(
    ...["run", "--target", target, "--api-key", API_KEY, "--receiver-port", String(port)],
    ...["--endpoint-url", url, "--only", "SIG-001", "--json", "--time-budget", "600"],
  );
  const [, secret = ""] = await running.waitFor(/secret {2}(whsec_\S+)/);
  await running.waitFor(/no webhook has arrived at http\S+ yet\. Check that the vendor has the URL/);
  await campus.registerByHand({ url, secret });
  const device = await fetch(`${target}/v1/devices?limit=1`, {
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  const { data } = (await device.json()) as { data: { device_id: string }[] };
  await fetch(`${target}/sandbox/devices/${data[0]?.device_id}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ type: "com.convergint.device.heartbeat.v1" }),
  });
  await running.ended;
  const { requirements } = JSON.parse(running.written.stdout);
  expect(requirements.map(({ id, verdict }: Record<string, string>) => [id, verdict])).toEqual([
    ["SIG-001", "pass"],
  ]);
  expect(running.written.stderr.split(secret)).toHaveLength(2);
  expect(running.written.stdout).not.toContain(secret);
});

test("Ctrl-C ends the wait for the first delivery cleanly", async () => {
  const target = await startVendor(campusWith({ without: ["endpoint-management"] }));
  const port = await findFreePort();
  const running = startAtTerminal(
    ...["run", "--target", target, "--api-key", API_KEY, "--receiver-port", String(port)],
    ...["--endpoint-url", `http://127.0.0.1:${port}/from-vendor`, "--only", "SIG-001"],
  );
  await running.waitFor(/no webhook has arrived/);
  running.interrupt();
  expect(await running.ended).toBe(130);
});

const URLS = [
  "--endpoint-url",
  "https://tunnel.example/a",
  "--second-endpoint-url",
  "https://tunnel.example/b",
];
const SECRET = generateSecret();

test.each<[string, string[], string]>([
  ["no secret without a terminal", URLS.slice(0, 2), "give --webhook-secret"],
  ["no second secret", [...URLS, "--webhook-secret", SECRET], "give --second-webhook-secret"],
  ["only a second endpoint", URLS.slice(2), "Give the first with --endpoint-url"],
  ["a secret without a URL", ["--webhook-secret", SECRET], "Give its URL with --endpoint-url"],
  ["a secret that is none", [...URLS.slice(0, 2), "--webhook-secret", "x"], "starts with whsec_"],
  ["the same path twice", [...URLS.slice(0, 3), "https://other.example/a"], "have the same path"],
])("%s is a usage error that says what to give", async (_, flags, message) => {
  const ended = await cli("run", "--target", "http://127.0.0.1:9", "--api-key", API_KEY, ...flags);
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(ended.stderr).not.toContain(SECRET);
});
