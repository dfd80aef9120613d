import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../harness/clock.ts";
import { renderWatchHtml } from "../report/watch-html.ts";
import { chooseNextStart, findChanges } from "./watch-entry.ts";
import { appendEntry, entriesToKeep, readHistory, type WatchEntry, withLock } from "./watch-history.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "watch-"));
});
afterAll(() => rm(folder, { recursive: true }));

const DAY = (day: number) => `2026-06-${String(day).padStart(2, "0")}T12:00:00.000Z`;

const entry = (
  day: number,
  verdicts: WatchEntry["verdicts"],
  more: Partial<WatchEntry> = {},
): WatchEntry => ({
  version: "1",
  started_at: DAY(day),
  finished_at: DAY(day),
  target: "https://api.vendor.example/",
  suite: "1.0.0",
  seed: 1,
  state: "met",
  reason: null,
  verdicts,
  compared: {},
  problems: [],
  ...more,
});

const NONE = { newly_failing: [], healed: [], no_longer_tested: [], broken_between_runs: [] };
const down = entry(2, {}, { state: "unreachable", reason: "No response." });

test.each<[string, WatchEntry[], WatchEntry, Partial<typeof NONE> | Record<string, string[]>]>([
  ["nothing, on the first run that passes", [], entry(1, { A: "pass" }), {}],
  ["what fails on the first run", [], entry(1, { A: "fail" }), { newly_failing: ["A"] }],
  [
    "a SHOULD that is broken now",
    [entry(1, { A: "pass" })],
    entry(2, { A: "warn" }),
    { newly_failing: ["A"] },
  ],
  ["nothing, if it still fails", [entry(1, { A: "fail" })], entry(2, { A: "fail" }), {}],
  ["what passes again", [entry(1, { A: "fail" })], entry(2, { A: "pass" }), { healed: ["A"] }],
  [
    "what broke during an outage",
    [entry(1, { A: "pass" }), down],
    entry(3, { A: "fail" }),
    { newly_failing: ["A"] },
  ],
  ["nothing, after an outage", [entry(1, { A: "fail" }), down], entry(3, { A: "fail" }), {}],
  ["nothing, when the vendor goes down", [entry(1, { A: "pass" })], down, {}],
  [
    "what can no longer be tested",
    [entry(1, { A: "pass", B: "fail", C: "could-not-run" })],
    entry(2, { A: "could-not-run", B: "not-applicable", C: "could-not-run" }),
    { no_longer_tested: ["A", "B"] },
  ],
  [
    "nothing about what an ended run did not reach",
    [entry(1, { A: "pass" })],
    entry(2, { A: "could-not-run" }, { reason: "The key was rejected." }),
    {},
  ],
  [
    "what healed after it could not be tested",
    [entry(1, { A: "fail" }), entry(2, { A: "could-not-run" })],
    entry(3, { A: "pass" }),
    { healed: ["A"] },
  ],
  [
    "what two runs break together",
    [entry(1, {})],
    entry(2, {}, { compared: { X: "fail", Y: "pass" } }),
    { broken_between_runs: ["X"] },
  ],
])("finds %s", (_, earlier, now, expected) => {
  expect(findChanges(earlier, now)).toEqual({ ...NONE, ...expected });
});

test.each<[string, readonly ("met" | "unreachable")[], number, number]>([
  ["at a fixed interval from the last start", ["met"], 4, 60],
  ["without the starts that a long run missed", ["met"], 130, 180],
  ["after a minute if the vendor is down", ["met", "unreachable"], 4, 5],
  ["after 8 minutes at the fourth attempt", Array(4).fill("unreachable"), 4, 12],
  ["after the usual interval at most", Array(2000).fill("unreachable"), 4, 64],
  ["at a fixed interval again after an outage", ["unreachable", "met"], 4, 60],
  ["at a fixed interval if another process ran instead", [], 0, 60],
])("the next run begins %s", (_, states, nowMinutes, expected) => {
  const entries = states.map((state) => ({ state }));
  const times = { startedAt: 0, everyMs: 60 * 60_000, now: nowMinutes * 60_000 };
  expect(chooseNextStart(entries, times) / 60_000).toBe(expected);
});

test("a crash while writing costs one line, and no earlier or later line", async () => {
  const file = join(folder, "deep", "history.jsonl");
  expect(await readHistory(file)).toEqual({ entries: [], damaged: 0 });
  await appendEntry(file, entry(1, { A: "pass" }));
  const whole = JSON.stringify(entry(2, {}));
  await appendFile(file, whole.slice(0, 50));
  expect(await readHistory(file)).toEqual({ entries: [entry(1, { A: "pass" })], damaged: 1 });
  await appendEntry(file, entry(3, {}));
  expect(await readHistory(file)).toEqual({ entries: [entry(1, { A: "pass" }), entry(3, {})], damaged: 1 });
  expect((await readFile(file, "utf8")).split("\n")).toHaveLength(4);
});

test("does not continue a history of a newer version", async () => {
  const file = join(folder, "newer.jsonl");
  await writeFile(file, `${JSON.stringify({ version: "2" })}\n`);
  await expect(readHistory(file)).rejects.toMatchObject({ code: "history" });
  await expect(appendEntry(join(file, "x"), entry(1, {}))).rejects.toMatchObject({ code: "history" });
});

test("drops the oldest entries, but not on every run", () => {
  const entries = Array.from({ length: 126 }, (_, index) => entry(1, {}, { seed: index }));
  expect(entriesToKeep(entries.slice(0, 125), 100)).toBeNull();
  expect(entriesToKeep(entries, 100)?.map(({ seed }) => seed)).toEqual(
    Array.from({ length: 100 }, (_, index) => index + 26),
  );
});

test("one process at a time: only the lock of a process that may still run counts", async () => {
  const file = join(folder, "lock");
  const attempt = async (lock: object | string | null, work = async () => "ran") => {
    if (lock !== null) await writeFile(file, typeof lock === "string" ? lock : JSON.stringify(lock));
    const result = await withLock(file, { clock: systemClock, maxMs: 60_000 }, work);
    const isLeft = await readFile(file).then(
      () => true,
      () => false,
    );
    return [result, isLeft ? "locked" : "free"];
  };
  const [host, until] = [hostname(), Date.now() + 60_000];
  expect(await attempt(null)).toEqual(["ran", "free"]);
  expect(await attempt({ pid: process.ppid, host, until })).toEqual([null, "locked"]);
  expect(await attempt({ pid: process.ppid, host, until: Date.now() - 1 })).toEqual(["ran", "free"]);
  expect(await attempt({ pid: 2 ** 30, host, until })).toEqual(["ran", "free"]);
  // The suite cannot see whether a process on another machine runs.
  expect(await attempt({ pid: 2 ** 30, host: "another", until })).toEqual([null, "locked"]);
  expect(await attempt({ pid: process.pid, host, until })).toEqual(["ran", "free"]);
  expect(await attempt("half a loc")).toEqual(["ran", "free"]);
  const failing = attempt(null, () => Promise.reject(new Error("broken")));
  await expect(failing).rejects.toThrow("broken");
  expect(await attempt(null)).toEqual(["ran", "free"]);
});

test("the page has a row per requirement and a column per run, and escapes what the vendor sent", () => {
  const hostile = '<img src=x onerror="alert(1)">\u202e';
  const page = renderWatchHtml([
    entry(
      1,
      { "MAN-001": "pass", "INV-001": "pass", "INV-017": "could-not-run" },
      { compared: { "INV-008": "fail" } },
    ),
    entry(2, { "MAN-001": "fail", "INV-001": "pass" }, { compared: { "INV-008": "pass" } }),
    entry(
      3,
      { "MAN-001": "fail", "INV-001": "pass" },
      {
        state: "broken",
        problems: [{ id: "MAN-001", at: hostile, expected: hostile, actual: hostile, hint: hostile }],
      },
    ),
    entry(4, {}, { state: "unreachable", reason: hostile }),
  ]);
  expect(page).not.toContain("<img");
  expect(page).not.toContain("\u202e");
  expect(page).toContain("&lt;img src=x");
  const rows = page.split("<tr>").map((row) => row.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " "));
  const rowOf = (id: string) => rows.find((row) => row.trim().startsWith(id));
  expect(rowOf("MAN-001")).toContain("failing since 2026-06-02 12:00 2026-06-01 12:00 ✗ ✗ ✓");
  expect(rowOf("INV-001")).toMatch(/\(MUST\) 2026-06-03 12:00 ✓ ✓ ✓/);
  expect(rowOf("INV-017")).toBeUndefined();
  expect(page).toContain("1 requirements could never be tested");
  expect(rowOf("INV-008")).toContain("last broken 2026-06-01 12:00 2026-06-02 12:00 ✓ ✗");
  // While the vendor is down, the page still shows which requirements were broken before.
  expect(page).toContain("<h1>DOWN</h1>");
  expect(page).toContain("this was found at");
});
