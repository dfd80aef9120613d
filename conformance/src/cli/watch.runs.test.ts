import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Campus, createCampus } from "@convergint/example-vendor-cloud";
import { expect, test } from "vitest";
import { checks } from "../checks/index.ts";
import type { WatchChanges } from "../history/watch-entry.ts";
import type { WatchEntry } from "../history/watch-history.ts";
import { scenarios } from "../scenarios/index.ts";
import { checksWithin } from "../suite/collect.ts";
import { guardVendor } from "../suite/vendor-watch.ts";
import {
  API_KEY,
  cli,
  expectCleanOutput,
  SMALL_CAMPUS,
  startIn,
  startVendor,
  temporaryFolder,
} from "./testing/harness.ts";

type Line = WatchEntry & { readonly changes: WatchChanges; readonly next_run_at: string | null };

const linesIn = (stdout: string): Line[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

async function startCampus(prepare: (app: Campus["app"]) => void = () => {}) {
  const calls: { readonly method: string; readonly url: string }[] = [];
  const target = await startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }),
    (app) => {
      // A hook would not see calls that an earlier hook refuses.
      app.server.on("request", ({ method = "", url = "" }) => calls.push({ method, url }));
      prepare(app);
    },
  );
  return { target, calls };
}

const watchArgs = (target: string, folder: string, ...args: string[]) => [
  ...["watch", "--target", target, "--api-key", API_KEY, "--folder", folder],
  ...args,
];

test("runs on a schedule, only reads, and says what changed", async () => {
  const folder = await temporaryFolder();
  const done = () => linesIn(running?.output.stdout ?? "").length;
  let running: ReturnType<typeof startIn> | null = null;
  const { target, calls } = await startCampus((app) => {
    app.addHook("onSend", async (request, reply, payload) => {
      if (!request.url.startsWith("/.well-known/") || typeof payload !== "string") return payload;
      // The media type breaks MAN-001, and the absent capability breaks MAN-005 between two runs.
      if (done() === 1) reply.header("content-type", "text/plain");
      if (done() < 4) return payload;
      const { inventory, ...manifest } = JSON.parse(payload);
      return JSON.stringify({ ...manifest, inventory: { ...inventory, conditional_requests: false } });
    });
    app.addHook("onRequest", async ({ raw }) => {
      if (done() === 2 || done() === 3) raw.destroy();
    });
  });
  running = startIn({ folder }, ...watchArgs(target, "state", "--every", "3m", "--json"));
  // Every manifest except the fifth declares conditional requests, so the suite tests INV-018 in every other
  // run.
  await running.waitFor("stdout", '"INV-018":"not-applicable"');
  running.interrupt();
  const ended = await running.ended;
  expect(ended.code).toBe(0);
  expectCleanOutput(ended);

  const lines = linesIn(ended.stdout);
  expect(lines.map(({ state }) => state)).toEqual(["met", "broken", "unreachable", "unreachable", "broken"]);
  const pauses = lines
    .slice(0, 4)
    .map(
      ({ started_at, finished_at, next_run_at }, index) =>
        (Date.parse(next_run_at ?? "") - Date.parse(index < 2 ? started_at : finished_at)) / 60_000,
    );
  // The runs begin at fixed intervals, and after 1 and 2 minutes while the vendor is down.
  expect(pauses.map(Math.round)).toEqual([3, 3, 1, 2]);
  const [first, failing, down, , again] = lines.map(({ changes }) => changes);
  const nothing = { newly_failing: [], healed: [], no_longer_tested: [], broken_between_runs: [] };
  expect([first, failing, down]).toEqual([nothing, { ...nothing, newly_failing: ["MAN-001"] }, nothing]);
  // The last run is compared with the run before the outage, because the vendor was not reached during the
  // outage.
  expect(again).toEqual({
    newly_failing: [],
    healed: ["MAN-001"],
    no_longer_tested: ["INV-018", "INV-019", "INV-020"],
    broken_between_runs: ["MAN-005"],
  });
  expect(lines[2]?.reason).toContain("No response from");

  expect(calls.filter(({ method }) => method !== "GET")).toEqual([]);
  expect(calls.filter(({ url }) => url.includes(API_KEY))).toEqual([]);
  const history = await readFile(join(folder, "state", "history.jsonl"), "utf8");
  expect(linesIn(history)).toEqual(lines.map(({ changes: _, next_run_at: __, ...entry }) => entry));
  const page = await readFile(join(folder, "state", "index.html"), "utf8");
  expect(page).toContain("<h1>BROKEN</h1>");
  expect(page).not.toContain(API_KEY);
});

test("with --public-url, registers endpoints and removes them", async () => {
  const folder = await temporaryFolder();
  const { target, calls } = await startCampus();
  const ended = await startIn(
    { folder },
    ...watchArgs(target, folder, "--once", "--public-url", "http://127.0.0.1:9"),
  ).ended;
  expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("MET")]);
  const writes = calls.filter(({ method }) => method !== "GET");
  expect(writes.map(({ url }) => url).filter((url) => !url.startsWith("/v1/webhook-endpoints"))).toEqual([]);
  expect(writes.some(({ method }) => method === "POST")).toBe(true);
  const headers = { authorization: `Bearer ${API_KEY}` };
  const left = await fetch(`${target}/v1/webhook-endpoints`, { headers });
  expect(await left.json()).toEqual({ data: [] });
  expect(await readFile(join(folder, "history.jsonl"), "utf8")).toContain('"SEC-001":"pass"');
});

test("never overlaps another watch, and leaves no lock behind", async () => {
  const folder = await temporaryFolder();
  const once = (target: string) => cli(...watchArgs(target, folder, "--once"));
  const dead = "http://127.0.0.1:9";
  const until = Date.now() + 1e9;
  // The parent process is alive, and is not this one.
  await writeFile(join(folder, "lock"), JSON.stringify({ pid: process.ppid, host: hostname(), until }));
  const skipped = await once(dead);
  expect([skipped.code, skipped.stderr]).toEqual([4, expect.stringContaining("another watch is running")]);
  await writeFile(join(folder, "lock"), "");
  const down = await once(dead);
  expect([down.code, down.stdout]).toEqual([
    3,
    expect.stringContaining("DOWN  No response from http://127.0.0.1:9"),
  ]);
  expect((await once(dead)).code).toBe(3);
  const other = await once("http://127.0.0.1:8");
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("Use another --folder")]);
});

test("an interrupted run is not recorded", async () => {
  const folder = await temporaryFolder();
  let running: ReturnType<typeof startIn> | null = null;
  const { target } = await startCampus((app) => {
    app.addHook("onResponse", async ({ url }) => {
      if (url.startsWith("/v1/orgs")) running?.interrupt();
    });
  });
  running = startIn({ folder }, ...watchArgs(target, "state"));
  const ended = await running.ended;
  expect([ended.code, ended.stdout]).toEqual([130, ""]);
  await expect(readFile(join(folder, "state", "history.jsonl"))).rejects.toThrow();
  await expect(readFile(join(folder, "state", "lock"))).rejects.toThrow();
});

test("what a run may change decides what it tests, and no other call is made", async () => {
  const within = (mayChange: "nothing" | "endpoints" | "devices") =>
    new Set(checksWithin(mayChange, checks, scenarios).map(({ requirement }) => requirement));
  const [reading, registering, all] = [within("nothing"), within("endpoints"), within("devices")];
  expect([...reading]).toEqual(
    expect.arrayContaining(["MAN-001", "PAGE-004", "INV-001", "CAT-001", "INV-018"]),
  );
  expect([...registering].filter((id) => !reading.has(id))).toEqual(["SEC-001", "SEC-002", "DLV-019"]);
  // Without a change to a device, the suite cannot tell a lost event from an hour without events.
  for (const id of ["EVT-001", "SYNC-002", "DLV-001"])
    expect([registering.has(id), all.has(id)]).toEqual([false, true]);

  const made: unknown[] = [];
  const recorder = { call: async (call: unknown) => made.push(call) as never };
  const call = (method: "GET" | "POST" | "DELETE", path: string) => ({
    purpose: "test",
    method,
    url: `https://api.example/base${path}`,
  });
  const [get, add, command] = [
    call("GET", "/v1/devices"),
    call("DELETE", "/v1/webhook-endpoints/1"),
    call("POST", "/sandbox/devices/1/status"),
  ];
  for (const refused of [add, command])
    await expect(guardVendor(recorder, "nothing").call(refused)).rejects.toThrow("must not call");
  await expect(guardVendor(recorder, "endpoints").call(command)).rejects.toThrow("must not call");
  await guardVendor(recorder, "nothing").call(get);
  await guardVendor(recorder, "endpoints").call(add);
  await guardVendor(recorder, "devices").call(command);
  expect(made).toEqual([get, add, command]);
});
