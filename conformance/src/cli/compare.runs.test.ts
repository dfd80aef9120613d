import { join } from "node:path";
import { type Campus, createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import type { Comparison } from "../history/compare.ts";
import {
  API_KEY,
  cli,
  runClaimed,
  SMALL_CAMPUS,
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
type Mutation = (path: string, answer: Answer) => void;

/** Starts a campus whose answers can change between two runs. */
async function startChanging() {
  let mutation: Mutation = () => {};
  const target = await startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }),
    (app: Campus["app"]) =>
      app.addHook("onSend", async (request, reply, payload) => {
        if (typeof payload !== "string" || reply.statusCode !== 200) return payload;
        const answer: Answer = { status: 200, headers: {}, body: JSON.parse(payload) };
        mutation(new URL(request.url, "http://campus").pathname, answer);
        reply.code(answer.status).headers(answer.headers);
        return JSON.stringify(answer.body);
      }),
  );
  const folder = await temporaryFolder();
  let runs = 0;
  return {
    /** Runs the suite. @returns the bundle */
    async record(changed: Mutation = () => {}, ...args: string[]): Promise<string> {
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
    () => {},
    onDevices((device) => {
      device["device_id"] = `new-${device["device_id"]}`;
    }),
  ],
  ["numbers devices by their position", "INV-008", () => {}, shiftIds()],
  [
    "gives the ids of removed devices to other devices",
    "INV-008",
    () => {},
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
    () => {},
    (_, { body }) => {
      for (const each of body.data ?? []) if (each.site_id) each.site_id = `new-${each.site_id}`;
    },
  ],
  [
    "stops sending firmware versions",
    "MAN-005",
    () => {},
    onDevices((device) => {
      delete device["firmware_version"];
    }),
  ],
  [
    "stops sending time zones of sites",
    "MAN-005",
    () => {},
    (path, { body }) => {
      if (path === "/v1/sites") for (const site of body.data) site.timezone = null;
    },
  ],
  [
    "stops publishing an event type of the contract",
    "MAN-005",
    () => {},
    onManifest((manifest) => {
      manifest.event_types.pop();
    }),
  ],
  [
    "stops offering incremental sync",
    "MAN-005",
    () => {},
    onManifest((manifest) => {
      manifest.inventory.incremental_sync = false;
    }),
  ],
  [
    "stops accepting a sandbox command",
    "MAN-005",
    () => {},
    onManifest((manifest) => {
      manifest.sandbox.commands.pop();
    }),
  ],
  ["withdraws a path without notice", "MAN-006", () => {}, withdrawn("/v1/sites")],
  ["withdraws a path before its Sunset", "MAN-006", announced("/v1/sites", 0, 200), withdrawn("/v1/sites")],
  ["announces a withdrawal in 30 days", "MAN-006", () => {}, announced("/v1/sites", 0, 30)],
  ["backdates an announcement", "MAN-006", () => {}, announced("/v1/sites", -170, 30)],
  [
    "announces a withdrawal without Deprecation",
    "MAN-006",
    () => {},
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
    () => {},
  ],
];

describe("compare", () => {
  test("finds nothing in two runs of one campus", async () => {
    const { record } = await startChanging();
    const health = ["--profile", "health"];
    const [older, newer] = [await record(() => {}, ...health), await record(() => {}, ...health)];
    expect(await compare(older, newer)).toMatchObject({ code: 0, broken: [] });
    const swapped = await cli("compare", newer, older);
    expect(swapped.code).toBe(2);
    expect(swapped.stderr).toContain("Give the older bundle first");
  });

  test.each(MUTANTS)("finds a vendor that %s (%s)", async (_, requirement, before, after) => {
    const { record } = await startChanging();
    const older = await record(before, ...LISTINGS);
    // The control: another run without the defect.
    const unchanged = await record(before, ...LISTINGS);
    expect(await compare(older, unchanged)).toMatchObject({ code: 0, broken: [] });
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
