import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Campus, type CampusOptions, createCampus, PLAIN } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import { systemClock } from "../harness/clock.ts";
import type { Report } from "../report/report.ts";
import {
  API_KEY,
  cli,
  expectCleanOutput,
  makePollOnly,
  run,
  runClaimed,
  SMALL_CAMPUS,
  spawnIn,
  startVendor,
  temporaryFolder,
} from "./testing/harness.ts";
import { loadRecordedRun } from "./testing/recorded-run.ts";

const campus = (options: Partial<CampusOptions> = {}, prepare?: (app: Campus["app"]) => void) =>
  startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS, ...options }),
    prepare,
  );

describe("run", () => {
  test("certifies the reference vendor in every profile it claims, exits with 0, and writes the report", async () => {
    const { ended, reportFile } = await loadRecordedRun("claimed");
    expect(ended.stdout).toMatch(/CERTIFIED {2}health, resilience, events:/);
    expect(ended.code).toBe(0);
    expectCleanOutput(ended);
    const report = JSON.parse(await readFile(reportFile("json"), "utf8")) as Report;
    expect(report).toMatchObject({
      report_version: "1",
      conclusion: "certified",
      trigger: { kind: "sandbox" },
      partial: false,
    });
    expect(report.requirements.length).toBeGreaterThanOrEqual(20);
    const judged = report.requirements.filter(({ verdict }) => verdict !== "not-applicable");
    for (const { id, verdict, cites } of judged) {
      expect([id, verdict, cites.length > 0]).toEqual([id, "pass", true]);
    }
    // Requirements of undeclared capabilities do not count as passed. This campus does not declare the
    // capabilities of v1a and batches. INV-017 does not apply to a vendor with incremental sync.
    const open = report.requirements.filter(({ verdict }) => verdict === "not-applicable");
    expect(open.map(({ id }) => id)).toEqual(["INV-017", "SIG-004", "DLV-012", "DLV-013", "DLV-014"]);
  });

  test("reports what it did not test, limited to what applies to this vendor", async () => {
    const { ended, reportFile } = await loadRecordedRun("inventory");
    const { stdout } = ended;
    const report = JSON.parse(await readFile(reportFile("json"), "utf8")) as Report;
    const judged = new Set(report.requirements.map(({ id }) => id));
    const ids = report.not_judged.map(({ id }) => id);
    expect(report.conclusion).toBe("certified");
    expect(ids).toContain("SEC-005");
    expect(ids.filter((id) => judged.has(id))).toEqual([]);
    // The campus does not declare OAuth 2, and the run does not include the profile health.
    expect(ids.filter((id) => /^(?:EVT|DLV|SBX|RCV)-|AUTH-004/.test(id))).toEqual([]);
    // The campus declares incremental sync; SYNC-004 takes a month to test.
    expect(ids).toContain("SYNC-004");
    for (const entry of report.not_judged) {
      expect(entry).toEqual({
        id: expect.any(String),
        level: expect.stringMatching(/^(?:MUST|SHOULD|MAY)$/),
        text: expect.stringMatching(/ (?:MUST|SHOULD|MAY) /),
        reason: expect.stringMatching(/\.$/),
      });
    }
    const musts = report.not_judged.filter(({ level }) => level === "MUST").length;
    expect(stdout).toContain(`${ids.length} more requirements (${musts} MUST) are not tested`);
    for (const { reason } of report.not_judged) expect(stdout).toContain(`  ${reason}`);
    const listed = (await cli("list")).stdout;
    for (const { id, reason } of report.not_judged) {
      expect(listed).toContain(id);
      expect(listed).toContain(reason);
    }
  });

  test("certifies a polling-only vendor for inventory", async () => {
    const target = await campus({}, makePollOnly);
    const ended = await runClaimed(target, "--json");
    expect(ended.code).toBe(0);
    expect((JSON.parse(ended.stdout) as Report).profiles).toEqual([
      { name: "inventory", conclusion: "certified" },
    ]);
  });

  test("removes its webhook endpoints and restores every device", async () => {
    const target = await campus();
    const get = async (path: string) => {
      const response = await fetch(target + path, { headers: { authorization: `Bearer ${API_KEY}` } });
      return (await response.json()) as { data: { device_id: string; status: string }[] };
    };
    const statuses = async () => (await get("/v1/devices?limit=1000")).data.map(({ status }) => status);
    const before = await statuses();
    await run(target);
    expect((await get("/v1/webhook-endpoints")).data).toEqual([]);
    expect(await statuses()).toEqual(before);
  });

  test.each(["run", "fuzz"])("%s names the changes that it could not undo", async (command) => {
    const target = await campus({}, (app) => {
      app.addHook("onRequest", async ({ method, url }, reply) => {
        if (method === "DELETE" && url.startsWith("/v1/webhook-endpoints/")) return reply.code(500).send();
      });
    });
    const few = command === "run" ? ["--only", "SIG-001"] : ["--max-calls", "150", "--seed", "1"];
    const { stderr } = await cli(command, "--target", target, "--api-key", API_KEY, ...few);
    expect(stderr).toMatch(
      /could not undo all its changes at the vendor. Repeat these calls before the next run:\n/,
    );
    expect(stderr).toMatch(/^ {2}DELETE http:\S+\/v1\/webhook-endpoints\/we_\S+ \(status 500\)$/m);
  });

  test("--json prints only JSON on standard output", async () => {
    const ended = await run(await campus(), "--json", "--profile", "inventory");
    const report = JSON.parse(ended.stdout) as Report;
    expect(report.profiles).toEqual([{ name: "inventory", conclusion: "certified" }]);
    expect(report.requirements.every(({ profile }) => profile === "inventory")).toBe(true);
  });

  test("--only tests only that requirement and never certifies", async () => {
    const ended = await run(await campus(), "--only", "sig-001", "--json");
    const report = JSON.parse(ended.stdout) as Report;
    expect(ended.code).toBe(4);
    expect(report.partial).toBe(true);
    expect(report.requirements.map(({ id, verdict }) => [id, verdict])).toEqual([["SIG-001", "pass"]]);
  });

  test("certifies a conformant vendor with unusual but valid behavior", async () => {
    let requests = 0;
    const target = await campus({}, (app) => {
      // Rate-limits every fourth request.
      app.addHook("onRequest", async (_request, reply) => {
        requests += 1;
        if (requests % 4 === 0) return reply.code(429).header("retry-after", "0").send();
      });
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string" || !request.url.startsWith("/v1/") || payload === "") return payload;
        const body = JSON.parse(payload);
        // Removes total_count, adds unknown JSON members, and writes UTC as `+00:00`, as Python does.
        if (body.snapshot) delete body.snapshot.total_count;
        body.request_number = requests;
        return JSON.stringify({ ...body, extra: null }).replaceAll(
          /(\d\d:\d\d:\d\d(?:\.\d+)?)Z/g,
          "$1+00:00",
        );
      });
    });
    const ended = await run(target);
    expect(ended.stdout).toContain("CERTIFIED");
    expect(ended.code).toBe(0);
  });

  test("shows no secret, even one that the vendor echoes", async () => {
    const file = join(await temporaryFolder(), "deep", "report.json");
    const target = await campus({}, (app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string" || !request.url.startsWith("/v1/devices")) return payload;
        // Echoes the credential in the member that the report shows as wrong.
        return payload.replaceAll('"type":"camera"', `"type":"${request.headers.authorization}"`);
      });
    });
    const ended = await run(target, "--report", `json=${file}`);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("[redacted]");
    expectCleanOutput(ended);
    expect(await readFile(file, "utf8")).not.toContain(API_KEY);
  });

  test("ends with 130 on Ctrl-C without waiting any longer, and reports the interruption", async () => {
    const file = join(await temporaryFolder(), "report.json");
    // No webhook is ever sent, so the run is waiting for one when it is interrupted.
    const target = await campus({
      send: async () => ({ kind: "answered", status: 204 }),
      clock: systemClock,
      // Longer than even a busy machine takes to end the run.
      variation: { ...PLAIN, latencySeconds: 600 },
    });
    const { interrupt, ended, output, waitFor } = spawnIn(
      {},
      ...["run", "--target", target, "--api-key", API_KEY, "--report", `json=${file}`],
    );
    const statuses = async () => {
      const response = await fetch(`${target}/v1/devices?limit=1000`, {
        headers: { authorization: `Bearer ${API_KEY}` },
      });
      return ((await response.json()) as { data: { status: string }[] }).data.map(({ status }) => status);
    };
    const before = await statuses();
    await waitFor("stderr", "waiting up to");
    while ((await statuses()).join() === before.join());
    const interrupted = performance.now();
    interrupt();
    expect((await ended).code).toBe(130);
    // The run must end before the wait that the vendor announced is over.
    const [, seconds] = /waiting up to (\d+) s/.exec(output.stderr) ?? [];
    expect(performance.now() - interrupted).toBeLessThan(Number(seconds) * 1000);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({
      conclusion: "interrupted",
      partial: true,
    });
    const left = await fetch(`${target}/v1/webhook-endpoints`, {
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    expect(await left.json()).toEqual({ data: [] });
    expect(await statuses()).toEqual(before);
  });
});

describe("usage", () => {
  test.each<[string, string[], string]>([
    ["no target", ["run", "--api-key", "k"], "--target"],
    ["no key", ["run", "--target", "http://127.0.0.1:9"], "CONFORMANCE_API_KEY"],
    [
      "a target that is not a URL",
      ["run", "--target", "vendor", "--api-key", "k"],
      "https://api.vendor.example",
    ],
    ["a credential in the URL", ["run", "--target", "http://a:b@c", "--api-key", "k"], "--api-key"],
    ["a query in the URL", ["run", "--target", "http://c/?tenant=1", "--api-key", "k"], "without a query"],
    [
      "an unknown profile",
      ["run", "--target", "http://x", "--api-key", "k", "--profile", "gold"],
      "inventory, health",
    ],
    ["an unknown requirement", ["run", "--target", "http://x", "--api-key", "k", "--only", "X-1"], "`list`"],
    [
      "a consumer's requirement",
      ["run", "--target", "http://x", "--api-key", "k", "--only", "RCV-001"],
      "`list`",
    ],
    [
      "a requirement that is not tested",
      ["run", "--target", "http://x", "--api-key", "k", "--only", "dev-012"],
      "DEV-012 is not tested by this version of the suite. ",
    ],
    [
      "an unknown report",
      ["run", "--target", "http://x", "--api-key", "k", "--report", "pdf=x"],
      "FORMAT=FILE, where FORMAT is one of json",
    ],
    [
      "a report that cannot be written",
      ["run", "--target", "http://x", "--api-key", "k", "--report", "json=/dev/null/x"],
      "Cannot write the report to /dev/null/x",
    ],
    ["an unknown command", ["pass"], "unknown command"],
  ])("%s: exits with 2 and says what to give", async (_, args, advice) => {
    const ended = await cli(...args);
    expect(ended.stderr).toContain(advice);
    expect(ended.code).toBe(2);
    expectCleanOutput(ended);
  });

  test("--help exits with 0", async () => {
    const ended = await cli("run", "--help");
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("Exit codes");
  });
});

test("list shows every requirement, and why it is not tested", async () => {
  const { stdout, code } = await cli("list", "--json");
  const rows = JSON.parse(stdout) as { id: string; checked: boolean; reason: string | null }[];
  expect(code).toBe(0);
  expect(rows.filter(({ checked, reason }) => checked === (reason !== null))).toEqual([]);
  expect((await cli("list")).stdout).toContain("PAGE-005");
});
