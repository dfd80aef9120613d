import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Campus, createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import type { Comparison } from "../history/compare.ts";
import {
  API_KEY,
  cli,
  runClaimed,
  SMALL_CAMPUS,
  startIn,
  startVendor,
  temporaryFolder,
  virtualClock,
} from "./testing/harness.ts";

const DAY_MS = 86_400_000;

interface Answer {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: the mutants change bodies of every shape
  body: any;
}

/** A change of the vendor between two runs. */
type Mutation = (path: string, answer: Answer, query: URLSearchParams) => void;

const unchanged: Mutation = () => {};

/** Starts a campus whose answers can change between two runs. */
async function startChanging() {
  let mutation = unchanged;
  const target = await startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }),
    (app: Campus["app"]) =>
      app.addHook("onSend", async (request, reply, payload) => {
        if (typeof payload !== "string" || !payload.startsWith("{")) return payload;
        const answer: Answer = { status: reply.statusCode, headers: {}, body: JSON.parse(payload) };
        const { pathname, searchParams } = new URL(request.url, "http://campus");
        mutation(pathname, answer, searchParams);
        reply.code(answer.status).headers(answer.headers);
        return JSON.stringify(answer.body);
      }),
  );
  const folder = await temporaryFolder();
  let runs = 0;
  return {
    target,
    become: (changed: Mutation) => {
      mutation = changed;
    },
    /** Runs the suite. @returns the bundle */
    async record(changed: Mutation = unchanged, ...args: string[]): Promise<string> {
      mutation = changed;
      runs += 1;
      const bundle = join(folder, `${runs}.json`);
      await runClaimed(target, "--seed", String(runs), "--bundle", bundle, ...args);
      return bundle;
    },
  };
}

/** Records the manifest, the catalogue and the listings. */
const LISTINGS = ["ORG-001", "SITE-001", "INV-001", "CAT-001"].flatMap((id) => ["--only", id]);

async function compare(older: string, newer: string) {
  const ended = await cli("compare", older, newer, "--json");
  const { comparisons } = JSON.parse(ended.stdout) as { comparisons: readonly Comparison[] };
  const broken = comparisons.filter(({ verdict }) => verdict === "fail").map(({ id }) => id);
  return { code: ended.code, broken, comparisons };
}

const onDevices =
  (change: (device: Record<string, unknown>, index: number) => void): Mutation =>
  (path, { body }) => {
    if (path === "/v1/devices") for (const [index, device] of body.data.entries()) change(device, index);
  };

const onManifest =
  (change: (manifest: Answer["body"]) => void): Mutation =>
  (path, { body }) => {
    if (path === "/.well-known/vendor-cloud") change(body);
  };

/** Adds the headers of a withdrawal to a path. */
const announced =
  (path: string, sinceDays: number, untilDays: number): Mutation =>
  (called, { headers }) => {
    if (called !== path) return;
    const now = virtualClock.now();
    headers["deprecation"] = `@${Math.floor((now + sinceDays * DAY_MS) / 1000)}`;
    headers["sunset"] = new Date(now + untilDays * DAY_MS).toUTCString();
  };

const withdrawn =
  (path: string): Mutation =>
  (called, answer) => {
    if (called === path) answer.status = 404;
  };

/** Gives each device the id of the device that is listed before it. */
function shiftIds(): Mutation {
  const ids: string[] = [];
  return onDevices((device, index) => {
    const own = String(device["device_id"]);
    device["device_id"] = index === 0 ? "first" : ids.at(-1);
    ids.push(own);
  });
}

const MUTANTS: readonly [defect: string, breaks: string, older: Mutation, newer: Mutation][] = [
  [
    "gives every device a new id",
    "INV-008",
    unchanged,
    onDevices((device) => {
      device["device_id"] = `new-${device["device_id"]}`;
    }),
  ],
  ["numbers devices by their position", "INV-008", unchanged, shiftIds()],
  [
    "gives the ids of removed devices to other devices",
    "INV-008",
    unchanged,
    onDevices((device) => {
      const type = device["type"] === "door" ? "sensor" : "door";
      Object.assign(device, {
        type,
        name: `new ${device["name"]}`,
        manufacturer: "New",
        serial_number: `n-${device["device_id"]}`,
      });
    }),
  ],
  [
    "gives every site a new id",
    "INV-008",
    unchanged,
    (_, { body }) => {
      for (const each of body.data ?? []) if (each.site_id) each.site_id = `new-${each.site_id}`;
    },
  ],
  [
    "stops sending firmware versions",
    "MAN-005",
    unchanged,
    onDevices((device) => {
      delete device["firmware_version"];
    }),
  ],
  [
    "stops sending time zones of sites",
    "MAN-005",
    unchanged,
    (path, { body }) => {
      if (path === "/v1/sites") for (const site of body.data) site.timezone = null;
    },
  ],
  [
    "stops publishing an event type of the contract",
    "MAN-005",
    unchanged,
    onManifest((manifest) => {
      manifest.event_types.pop();
    }),
  ],
  [
    "stops offering incremental sync",
    "MAN-005",
    unchanged,
    onManifest((manifest) => {
      manifest.inventory.incremental_sync = false;
    }),
  ],
  [
    "stops accepting a sandbox command",
    "MAN-005",
    unchanged,
    onManifest((manifest) => {
      manifest.sandbox.commands.pop();
    }),
  ],
  ["withdraws a path without notice", "MAN-006", unchanged, withdrawn("/v1/sites")],
  ["withdraws a path before its Sunset", "MAN-006", announced("/v1/sites", 0, 200), withdrawn("/v1/sites")],
  ["announces a withdrawal in 30 days", "MAN-006", unchanged, announced("/v1/sites", 0, 30)],
  ["backdates an announcement", "MAN-006", unchanged, announced("/v1/sites", -170, 30)],
  [
    "announces a withdrawal without Deprecation",
    "MAN-006",
    unchanged,
    (path, { headers }) => {
      if (path === "/v1/sites") headers["sunset"] = "Thu, 30 Sep 2999 00:00:00 GMT";
    },
  ],
  [
    "stops publishing its own event type without notice",
    "MAN-006",
    onManifest((manifest) => {
      manifest.event_types.push({ type: "com.campus.lift.stuck.v1", delivery: ["webhook"] });
    }),
    unchanged,
  ],
];

/** Records two runs of one vendor; `compare` finds no differences between them. @returns the older bundle */
async function recordTwice(
  record: (changed: Mutation, ...args: string[]) => Promise<string>,
  changed: Mutation,
) {
  const older = await record(changed, ...LISTINGS);
  expect(await compare(older, await record(changed, ...LISTINGS))).toMatchObject({ code: 0, broken: [] });
  return older;
}

let bundleOfUnchanged: string | undefined;

/** Records two runs of the unchanged campus once for all tests; its seed gives each campus the same devices. */
async function recordUnchanged(): Promise<string> {
  bundleOfUnchanged ??= await readFile(await recordTwice((await startChanging()).record, unchanged), "utf8");
  const bundle = join(await temporaryFolder(), "older.json");
  await writeFile(bundle, bundleOfUnchanged);
  return bundle;
}

describe("compare", () => {
  test("finds nothing in two runs of one campus", async () => {
    const { record } = await startChanging();
    const health = ["--profile", "health"];
    const [older, newer] = [await record(unchanged, ...health), await record(unchanged, ...health)];
    expect(await compare(older, newer)).toMatchObject({ code: 0, broken: [] });
    const swapped = await cli("compare", newer, older);
    expect(swapped.code).toBe(2);
    expect(swapped.stderr).toContain("Give the older bundle first");
  });

  test.each(MUTANTS)("finds a vendor that %s (%s)", async (_, requirement, before, after) => {
    const { record } = await startChanging();
    const older = before === unchanged ? await recordUnchanged() : await recordTwice(record, before);
    const newer = await record(after, ...LISTINGS);
    const { code, broken, comparisons } = await compare(older, newer);
    expect({ code, broken }).toEqual({ code: 1, broken: [requirement] });
    const [first] = comparisons.flatMap(({ differences }) => differences);
    expect(first).toMatchObject({ older: { at: /^x\d/ }, newer: { at: /^x\d/ } });
    const shown = await cli("compare", older, newer);
    expect(shown.code).toBe(1);
    expect(shown.stdout).toContain(`BROKEN  The two bundles together show that ${requirement} is not met.`);
  });
});

const MINUTE_MS = 60_000;

/** The requirements of one listing of each kind, of a device that was removed, and of events. */
const USED_AGAIN = ["ORG-001", "PAGE-001", "SYNC-003", "EVT-001"].flatMap((id) => ["--only", id]);

/** Continues a run some time later. Only the suite's clock is later, because a campus cannot skip days. */
async function continueLater(target: string, older: string, laterMs: number): Promise<string> {
  const bundle = older.replace(/\.json$/, "-later.json");
  const clock = { ...virtualClock, now: () => virtualClock.now() + laterMs };
  const args = ["run", "--target", target, "--api-key", API_KEY, ...LISTINGS, "--bundle", bundle];
  await virtualClock.run(() => startIn({ clock }, ...args, "--continue", older).ended);
  return bundle;
}

/** Changes the answers to calls with this parameter. */
const onCallsWith =
  (parameter: string, change: (answer: Answer) => void): Mutation =>
  (path, answer, query) => {
    if (path.startsWith("/v1/") && query.has(parameter)) change(answer);
  };

const answerWith = (status: number, code: string) => (answer: Answer) =>
  Object.assign(answer, { status, body: { type: "about:blank", title: code, status, code } });

/** Answers a call that has a cursor with the first page of the same page size. */
function startOver(): Mutation {
  const firstPages = new Map<string | null, Answer["body"]>();
  return (path, answer, query) => {
    if (path !== "/v1/devices") return;
    const limit = query.get("limit");
    if (query.has("cursor")) answer.body = firstPages.get(limit) ?? answer.body;
    else if ([...query.keys()].every((name) => name === "limit")) firstPages.set(limit, answer.body);
  };
}
const startsOver = startOver();

const keepEvents = (isKept: (index: number) => boolean) =>
  onCallsWith("after", ({ body }) => {
    body.data = body.data.filter((_: unknown, index: number) => isKept(index));
  });

const withoutTombstones = onCallsWith("since", ({ body }) => {
  body.data = body.data?.filter((device: { lifecycle?: string }) => device.lifecycle !== "removed");
});

const CONTINUED: readonly [defect: string, breaks: string, laterMs: number, mutation: Mutation][] = [
  [
    "forgets sync tokens after a day",
    "SYNC-004",
    DAY_MS,
    onCallsWith("since", answerWith(410, "sync_token_expired")),
  ],
  [
    "does not recognize sync tokens after a restart",
    "SYNC-004",
    DAY_MS,
    onCallsWith("since", answerWith(400, "invalid_sync_token")),
  ],
  ["drops tombstones after a day", "SYNC-004", DAY_MS, withoutTombstones],
  [
    "answers an expired sync token with 400",
    "SYNC-005",
    31 * DAY_MS,
    onCallsWith("since", answerWith(400, "invalid_sync_token")),
  ],
  [
    "answers an expired sync token with another code",
    "SYNC-005",
    31 * DAY_MS,
    onCallsWith("since", answerWith(410, "gone")),
  ],
  [
    "answers an expired sync token with no changes",
    "SYNC-005",
    31 * DAY_MS,
    onCallsWith("since", (answer) => {
      const snapshot = { id: "none", as_of: new Date(virtualClock.now()).toISOString() };
      Object.assign(answer, {
        status: 200,
        body: { data: [], next_cursor: null, sync_token: "new", snapshot },
      });
    }),
  ],
  [
    "forgets cursors after 5 minutes",
    "PAGE-010",
    5 * MINUTE_MS,
    onCallsWith("cursor", answerWith(410, "cursor_expired")),
  ],
  [
    "answers an expired cursor with 400",
    "PAGE-010",
    DAY_MS,
    onCallsWith("cursor", answerWith(400, "invalid_cursor")),
  ],
  ["answers an expired cursor with page one", "PAGE-010", DAY_MS, startsOver],
  ["drops events after a day", "EVT-024", DAY_MS, keepEvents(() => false)],
  ["drops every second event", "EVT-024", DAY_MS, keepEvents((index) => index % 2 === 0)],
  [
    "answers 410 for events of yesterday",
    "EVT-024",
    DAY_MS,
    onCallsWith("after", answerWith(410, "backfill_expired")),
  ],
];

/** Lets a mutation see the answers without changing them. */
const watch =
  (mutation: Mutation): Mutation =>
  (path, answer, query) =>
    mutation(path, structuredClone(answer), query);

test("run --continue lets compare find what one run cannot show", async () => {
  const { target, record, become } = await startChanging();
  const older = await record(watch(startsOver), ...USED_AGAIN);
  const verdicts = async (changed: Mutation, laterMs: number) => {
    become(changed);
    return compare(older, await continueLater(target, older, laterMs));
  };
  // Two controls: the vendor still knows everything, or the vendor answers that the token has expired.
  expect(await verdicts(unchanged, DAY_MS)).toMatchObject({ code: 0, broken: [] });
  expect(await verdicts(unchanged, 5 * MINUTE_MS)).toMatchObject({ code: 0, broken: [] });
  const expired = onCallsWith("since", answerWith(410, "sync_token_expired"));
  expect(await verdicts(expired, 31 * DAY_MS)).toMatchObject({ code: 0, broken: [] });
  for (const [defect, requirement, laterMs, mutation] of CONTINUED) {
    const { broken } = await verdicts(mutation, laterMs);
    expect(broken, `a vendor that ${defect}`).toEqual([requirement]);
  }
});
