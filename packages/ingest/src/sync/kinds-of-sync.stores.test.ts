import { readFileSync } from "node:fs";
import { DEVICE_TYPES } from "@convergint/schemas";
import { afterEach, expect, test } from "vitest";
import { statusChanged } from "../testing/deliver.ts";
import { type Onboarded, startOnboarded } from "../testing/onboarded.ts";
import { json, listed, type StandInVendor } from "../testing/stand-in-vendor.ts";

const open: Onboarded[] = [];
afterEach(async () => {
  for (const at of open.splice(0)) await at.close();
});
async function start(prepare: (vendor: StandInVendor) => void) {
  const at = await startOnboarded({ prepare });
  open.push(at);
  at.vendor.calls.splice(0);
  return at;
}

const cameras = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    listed(`cam-${n}`, { status: "online", status_observed_at: "2026-11-23T07:00:00Z" }),
  );
const listings = ({ vendor }: Onboarded) => vendor.calls.filter((each) => each.includes("/v1/devices"));

test("an unchanged listing writes nothing and is reported as unchanged", async () => {
  const at = await start((vendor) => {
    vendor.devices = cameras(5);
  });
  const before = (await at.server.get("/v1/feed?limit=1000")).text;
  at.vendor.asOf = "2026-11-23T08:30:00Z";
  expect((await at.sync()).body).toMatchObject({ outcome: "unchanged", kind: "full", devices: 5 });
  expect((await at.server.get("/v1/feed?limit=1000")).text).toBe(before);
});

test("a vendor with ETags receives conditional requests", async () => {
  const at = await start((vendor) => {
    vendor.devices = cameras(5);
    vendor.etag = '"one"';
  });
  expect((await at.sync()).body).toMatchObject({ outcome: "unchanged", devices: 0 });
  expect(listings(at)).toHaveLength(1);
  at.vendor.etag = '"two"';
  at.vendor.devices = [...cameras(5), listed("cam-5")];
  at.vendor.asOf = "2026-11-23T08:30:00Z";
  expect((await at.sync()).body).toMatchObject({ outcome: "complete", devices: 6, changes: { added: 1 } });
});

test("an incremental sync applies changes and tombstones", async () => {
  const at = await start((vendor) => {
    vendor.devices = cameras(5);
    vendor.changes = [];
  });
  at.vendor.asOf = "2026-11-23T08:30:00Z";
  at.vendor.changes = [
    listed("cam-1", { name: "renamed", status: "offline" }),
    listed("cam-new"),
    {
      device_id: "cam-2",
      org_id: "org",
      site_id: "hq",
      lifecycle: "removed",
      removed_at: "2026-11-23T08:20:00Z",
    },
  ];
  const { body } = await at.sync();
  expect(body).toMatchObject({
    outcome: "complete",
    kind: "incremental",
    devices: 2,
    changes: { added: 1, updated: 1, removed: 1, corrected: 1 },
  });
  expect(listings(at)).toEqual([expect.stringContaining("since=since-2026-11-23T08")]);
  expect((await at.device("cam-1")).body).toMatchObject({ name: "renamed", status: "offline" });
  expect((await at.device("cam-2")).body).toMatchObject({ lifecycle: "removed" });
  // Devices that are not among the changes stay as they were.
  expect((await at.device("cam-3")).body).toMatchObject({ lifecycle: "active" });
});

test.each(["expired", "unknown"] as const)(
  "a sync token that is %s causes a full listing",
  async (changes) => {
    const at = await start((vendor) => {
      vendor.devices = cameras(3);
      vendor.changes = [];
    });
    at.vendor.changes = changes;
    at.vendor.devices = cameras(4);
    at.vendor.asOf = "2026-11-23T08:30:00Z";
    expect((await at.sync()).body).toMatchObject({ outcome: "complete", kind: "full", devices: 4 });
  },
);

test("the sync after a failed one is full", async () => {
  const at = await start((vendor) => {
    vendor.devices = cameras(3);
    vendor.changes = [];
  });
  at.vendor.instead.set("/v1/devices", (_request, response) => response.writeHead(500).end());
  expect((await at.sync()).body).toMatchObject({ outcome: "failed" });
  at.vendor.instead.clear();
  expect((await at.sync()).body).toMatchObject({ outcome: "unchanged", kind: "full", devices: 3 });
});

test("a device that moves to another site keeps its status", async () => {
  const at = await start((vendor) => {
    vendor.sites = [...vendor.sites, { site_id: "annex", org_id: "org", name: "Annex" }];
    vendor.devices = cameras(2);
  });
  at.vendor.asOf = "2026-11-23T08:30:00Z";
  at.vendor.devices = cameras(2).map((device) => ({ ...device, site_id: "annex" }));
  expect((await at.sync()).body).toMatchObject({ changes: { added: 0, removed: 0, moved: 2 } });
  expect((await at.device("cam-1")).body).toMatchObject({ site_name: "Annex", status: "online" });
  const { body } = await at.server.get("/v1/feed?limit=1000");
  const moved = body.data.filter(({ kind }: { kind: string }) => kind === "device_moved");
  expect(moved).toHaveLength(2);
  expect(moved[0].data).toMatchObject({ previous_site_id: "hq", site_id: "annex" });
});

test("vendor terms are mapped, and terms without a mapping are listed", async () => {
  const at = await start((vendor) => {
    vendor.devices = [
      listed("cam-1", { type: "IP Camera", status: "Not Responding" }),
      listed("cam-2", { type: "drone", status: "grounded" }),
    ];
  });
  expect((await at.device("cam-1")).body).toMatchObject({
    type: "camera",
    status: "offline",
    vendor_status: "Not Responding",
  });
  expect((await at.device("cam-2")).body).toMatchObject({ type: "other", status: "unknown" });
  const { body } = await at.server.get(`/v1/unmapped-words?integration_id=${at.integrationId}`);
  expect(body.data.map(({ kind, word }: { kind: string; word: string }) => `${kind} ${word}`).sort()).toEqual(
    ["status grounded", "type drone"],
  );
  const set = await at.server.send("PUT", `/v1/integrations/${at.integrationId}/mapping`, {
    types: { drone: "camera" },
    statuses: { grounded: "degraded" },
  });
  expect(set.body).toMatchObject({ changed_devices: 1 });
  expect((await at.device("cam-2")).body).toMatchObject({ type: "camera", status: "degraded" });
  expect((await at.server.get("/v1/unmapped-words")).body.data).toEqual([]);
});

test("each term of the contract's status table, and each type, has its meaning in every path", async () => {
  const contract = readFileSync(new URL("../../../../spec/1.0/contract.md", import.meta.url), "utf8");
  const terms = [
    ...contract.matchAll(/^\| `(online|degraded|offline|unknown)` \|[^|]*\| (.+) \|$/gm),
  ].flatMap(([, status = "", words = ""]) =>
    [status, ...words.split(", ").filter((word) => word !== "no status at all")].map((word) => ({
      word,
      status,
    })),
  );
  expect(terms.length).toBeGreaterThan(19);
  const spell = (word: string) => [word, word.toUpperCase(), ` ${word.replaceAll(" ", "-")} `];
  const spelled = terms.flatMap(({ word, status }) => spell(word).map((sent) => ({ sent, status })));
  const spelledTypes = DEVICE_TYPES.flatMap((type) =>
    [type, type.toUpperCase(), ` ${type.replaceAll("_", "-")}`, type.replaceAll("_", " ")].map((sent) => ({
      sent,
      type,
    })),
  );
  const at = await start((vendor) => {
    vendor.pageSize = 500;
    vendor.devices = [
      ...spelled.map(({ sent, status }, n) => listed(`listed-${n}-${status}`, { status: sent })),
      ...spelledTypes.map(({ sent, type }, n) => listed(`type-${n}-${type}`, { type: sent })),
      // A device of a type without events may have no status at all.
      listed("listed-x-none"),
    ];
  });
  const eventOf = (kind: string, n: number, data: Readonly<Record<string, unknown>>) =>
    statusChanged({
      id: `${kind}-${n}`,
      type: `com.convergint.device.${kind}.v1`,
      data: { last_seen_at: "2026-11-23T08:30:00Z", ...listed(""), ...data },
    });
  const events = spelled.flatMap(({ sent, status }, n) =>
    ["status_changed", "heartbeat", "added", "updated"].map((kind) =>
      eventOf(kind, n, { device_id: `${kind}-${n}-${status}`, status: sent }),
    ),
  );
  for (let from = 0; from < events.length; from += 100) {
    const { body } = await at.deliver(JSON.stringify(events.slice(from, from + 100)), {
      id: `batch-${from}`,
      headers: { "content-type": "application/cloudevents-batch+json" },
    });
    expect(body).toMatchObject({ refused: [] });
  }
  for (const status of ["online", "degraded", "offline", "unknown"]) {
    const { body } = await at.server.get(`/v1/devices?status=${status}&limit=1000`);
    const found = body.data.map(({ device_id }: { device_id: string }) => device_id).sort();
    const expected = spelled.flatMap((each, n) =>
      each.status === status
        ? ["listed", "status_changed", "heartbeat", "added", "updated"].map(
            (kind) => `${kind}-${n}-${status}`,
          )
        : [],
    );
    expect(found).toEqual(expected.sort());
  }
  for (const type of DEVICE_TYPES) {
    const { body } = await at.server.get(`/v1/devices?type=${type}&limit=1000`);
    const found = body.data.map(({ device_id }: { device_id: string }) => device_id);
    const expected = spelledTypes.flatMap((each, n) => (each.type === type ? [`type-${n}-${type}`] : []));
    expect(found.filter((id: string) => id.startsWith("type-")).sort()).toEqual(expected.sort());
  }
  expect((await at.server.get("/v1/unmapped-words")).body.data).toEqual([]);
  // Our own API is strict.
  expect((await at.server.get("/v1/devices?status=Offline")).status).toBe(400);
});

test("devices added during a listing do not count as vanished", async () => {
  const at = await start((vendor) => {
    vendor.devices = cameras(1);
  });
  at.vendor.asOf = "2026-11-23T08:30:00Z";
  const added = ["cam-8", "cam-9"].map((device_id) => ({
    specversion: "1.0",
    id: `added-${device_id}`,
    source: "urn:stand-in:org",
    type: "com.convergint.device.added.v1",
    time: "2026-11-23T08:30:01Z",
    data: { ...listed(device_id), status: "online" },
  }));
  const { instead } = at.vendor;
  instead.set("/v1/sites", (_request, response) => {
    instead.clear();
    void Promise.all(added.map((event) => at.deliver(event))).then(() =>
      json(response, {
        data: at.vendor.sites,
        next_cursor: null,
        snapshot: { id: "s", as_of: at.vendor.asOf },
      }),
    );
  });
  expect((await at.sync()).body).toMatchObject({ outcome: "unchanged", devices: 1 });
  expect((await at.device("cam-9")).body).toMatchObject({ lifecycle: "active", status: "online" });
  expect((await at.server.get(`/v1/integrations/${at.integrationId}/held-removals`)).body.data).toEqual([]);
});

test("a person decides on held removals", async () => {
  const at = await start((vendor) => {
    vendor.devices = cameras(10);
  });
  at.vendor.devices = cameras(5);
  at.vendor.asOf = "2026-11-23T08:30:00Z";
  expect((await at.sync()).body).toMatchObject({
    outcome: "removals_held",
    changes: { held: 5, removed: 0 },
  });
  const path = `/v1/integrations/${at.integrationId}/held-removals`;
  expect((await at.server.get(path)).body.data).toHaveLength(5);
  expect((await at.server.post(path, { decision: "remove" })).body).toEqual({ devices: 5 });
  expect((await at.server.get("/v1/devices?limit=1000")).body.data).toHaveLength(5);
  expect((await at.server.get(path)).body.data).toEqual([]);
});
