import Sqlite from "better-sqlite3";
import { afterEach, describe, expect, test } from "vitest";
import { statusChanged } from "../testing/deliver.ts";
import { type Onboarded, onboard, startOnboarded } from "../testing/onboarded.ts";
import { json, listed } from "../testing/stand-in-vendor.ts";
import { createTestClock } from "../testing/test-clock.ts";

const open: Onboarded[] = [];
const start = async (options: Parameters<typeof startOnboarded>[0] = {}) => {
  const at = await startOnboarded(options);
  open.push(at);
  return at;
};
afterEach(async () => {
  for (const at of open.splice(0)) await at.close();
});

const cameras = (count: number) =>
  Array.from({ length: count }, (_, n) => listed(`cam-${n}`, { status: "online" }));
const lifecycles = async ({ server }: Onboarded): Promise<readonly string[]> => {
  const { body } = await server.get("/v1/devices?with_removed=true&limit=1000");
  return body.data.map(({ lifecycle }: { lifecycle: string }) => lifecycle);
};
const lastSync = async ({ server }: Onboarded) =>
  (await server.get("/v1/integrations")).body.data[0].last_sync;

describe("the first sync", () => {
  test("stores every device of every page, before any webhook", async () => {
    const at = await start({
      prepare: (vendor) => {
        vendor.devices = [
          ...cameras(4),
          listed("odd", {
            type: "Drone9000",
            mac_addresses: ["AABB.CCDD.EEFF"],
            last_seen_at: "2026-11-23T07:00:00Z",
          }),
        ];
      },
    });
    expect(await lastSync(at)).toMatchObject({ outcome: "complete", devices: 5, detail: null });
    expect((await at.device("cam-3")).body).toEqual({
      integration_id: at.integrationId,
      device_id: "cam-3",
      org_id: "org",
      site_id: "hq",
      site_name: "Headquarters",
      customer_id: "customer",
      customer_site_id: "hq",
      name: "Device cam-3",
      type: "camera",
      vendor_type: "camera",
      system_id: null,
      system_name: null,
      status: "online",
      vendor_status: null,
      status_reason: null,
      status_observed_at: at.vendor.asOf,
      status_known_by: "snapshot",
      last_seen_at: null,
      lifecycle: "active",
    });
    // An unknown type becomes `other`, and the vendor's term is kept with it. A device without a status has
    // no status.
    expect((await at.device("odd")).body).toMatchObject({
      type: "other",
      vendor_type: "Drone9000",
      status: null,
    });
  });

  test("accepts an empty site and an empty inventory", async () => {
    const at = await start({
      prepare: (vendor) => {
        vendor.sites = [...vendor.sites, { site_id: "empty", org_id: "org", name: "Not built yet" }];
      },
    });
    expect(await lastSync(at)).toMatchObject({ outcome: "unchanged", devices: 0 });
    expect((await at.server.get("/v1/devices?site_id=empty")).body).toEqual({ data: [], next_cursor: null });
    const database = new Sqlite(at.server.database, { readonly: true });
    expect(database.prepare("SELECT site_id FROM site ORDER BY site_id").pluck().all()).toEqual([
      "empty",
      "hq",
    ]);
    database.close();
  });

  test("registers the webhook URL with the vendor", async () => {
    const at = await start();
    expect([...at.vendor.destinations.values()]).toEqual([at.webhookUrl]);
  });
});

describe("a failed onboarding stores nothing and leaves nothing at the vendor", () => {
  const cases: readonly (readonly [
    string,
    number,
    string,
    (at: Onboarded) => Promise<Record<string, unknown>>,
  ])[] = [
    [
      "a vendor that is down",
      422,
      "vendor_unreachable",
      async ({ vendor }) => {
        await vendor.close();
        return {};
      },
    ],
    ["a wrong API key", 422, "vendor_unauthorized", async () => ({ api_key: "wrong" })],
    [
      "a base URL with no manifest",
      422,
      "vendor_not_found",
      async ({ vendor }) => {
        vendor.instead.set("/nowhere/.well-known/vendor-cloud", (_request, response) =>
          json(response, {}, 404),
        );
        return { base_url: `${vendor.baseUrl}/nowhere` };
      },
    ],
    [
      "a vendor that fails",
      502,
      "vendor_refused",
      async ({ vendor }) => {
        vendor.instead.set("/v1/orgs", (_request, response) => json(response, {}, 500));
        return {};
      },
    ],
    [
      "a page in front of the vendor",
      502,
      "vendor_not_json",
      async ({ vendor }) => {
        vendor.instead.set("/.well-known/vendor-cloud", (_request, response) => response.end("<html>"));
        return {};
      },
    ],
    [
      "an invalid manifest",
      502,
      "vendor_invalid_payload",
      async ({ vendor }) => {
        vendor.instead.set("/.well-known/vendor-cloud", (_request, response) => json(response, {}));
        return {};
      },
    ],
    [
      "a connection that breaks during an answer",
      422,
      "vendor_unreachable",
      async ({ vendor }) => {
        vendor.instead.set("/.well-known/vendor-cloud", (_request, response) => {
          response.writeHead(200, { "content-length": "1000" }).write("{");
          setTimeout(() => response.destroy(), 50);
        });
        return {};
      },
    ],
    [
      "an invalid secret from the vendor",
      502,
      "vendor_invalid_payload",
      async ({ vendor }) => {
        vendor.webhookSecret = "whsec_c2hvcnQ=";
        return {};
      },
    ],
    [
      "an invalid secret in the request",
      400,
      "invalid_parameter",
      async () => ({ webhook_secrets: ["whsec_c2hvcnQ="] }),
    ],
  ];
  test.each(cases)("%s: %i %s", async (_, status, code, spoil) => {
    const at = await start();
    const standing = at.vendor.destinations.size;
    const more = await spoil(at);
    const answer = await onboard(at.server, at.vendor, more);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect((await at.server.get("/v1/integrations")).body.data).toHaveLength(1);
    expect(at.vendor.destinations.size).toBe(standing);
  });
});

describe("a listing that cannot be read completely", () => {
  const reasons: readonly (readonly [string, RegExp, (at: Onboarded) => unknown])[] = [
    [
      "a page that is not JSON",
      /not JSON/,
      ({ vendor }) => secondPage(vendor, (response) => response.end("<html>")),
    ],
    [
      "a page that is not a page",
      /\/data: /,
      ({ vendor }) => secondPage(vendor, (response) => json(response, { devices: [] })),
    ],
    [
      "an error in the middle",
      /answered 500/,
      ({ vendor }) => secondPage(vendor, (response) => json(response, {}, 500)),
    ],
    [
      "a connection that breaks in the middle",
      /is unreachable/,
      ({ vendor }) =>
        secondPage(vendor, (response) => {
          response.writeHead(200, { "content-length": "1000" }).write("{");
          setTimeout(() => response.destroy(), 50);
        }),
    ],
    [
      "a device listed twice",
      /twice/,
      ({ vendor }) => {
        vendor.devices = [...cameras(3), listed("cam-0")];
      },
    ],
    [
      "a revoked credential",
      /answered 401\. Check the credential/,
      ({ vendor }) => vendor.instead.set("/v1/sites", (_request, response) => json(response, {}, 401)),
    ],
    ["a vendor that is down", /is unreachable/, ({ vendor }) => vendor.close()],
  ];
  function secondPage(
    { instead }: Onboarded["vendor"],
    answer: (response: Parameters<typeof json>[0]) => unknown,
  ) {
    instead.set("/v1/devices", (_request, response, url) =>
      url.searchParams.has("cursor")
        ? answer(response)
        : json(response, {
            data: [listed("cam-0", { status: "offline" })],
            next_cursor: "2",
            snapshot: { id: "snap", as_of: "2026-11-23T08:50:00Z" },
          }),
    );
  }

  test.each(reasons)(
    "%s: the last good inventory remains, and the reason is reported",
    async (_, reason, spoil) => {
      const at = await start({
        prepare: (vendor) => {
          vendor.devices = cameras(5);
        },
      });
      const before = (await at.server.get("/v1/devices")).body;
      await spoil(at);
      const { status, body } = await at.sync();
      expect(status).toBe(200);
      expect(body).toMatchObject({ outcome: "failed", detail: expect.stringMatching(reason) });
      expect(await lastSync(at)).toEqual(body);
      expect((await at.server.get("/v1/devices")).body).toEqual(before);
      const database = new Sqlite(at.server.database, { readonly: true });
      expect(database.prepare("SELECT count(*) FROM staged_device").pluck().get()).toBe(0);
      database.close();
    },
  );

  test("does not affect the next complete one", async () => {
    const at = await start();
    at.vendor.instead.set("/v1/devices", (_request, response) => json(response, {}, 500));
    expect((await at.sync()).body.outcome).toBe("failed");
    at.vendor.instead.clear();
    at.vendor.devices = cameras(3);
    expect((await at.sync()).body).toMatchObject({ outcome: "complete", devices: 3 });
  });
});

describe("devices that vanish", () => {
  const ten = (vendor: Onboarded["vendor"]) => {
    vendor.devices = cameras(10);
  };

  test("two of ten are removed, and active again when they are listed again", async () => {
    const at = await start({ prepare: ten });
    at.vendor.devices = cameras(8);
    expect((await at.sync()).body).toMatchObject({ outcome: "complete", devices: 8 });
    expect((await at.device("cam-9")).body.lifecycle).toBe("removed");
    expect((await at.device("cam-7")).body.lifecycle).toBe("active");
    at.vendor.devices = cameras(10);
    await at.sync();
    expect(await lifecycles(at)).toEqual(Array.from({ length: 10 }, () => "active"));
  });

  test.each([3, 10])("%i of ten at once are held until a person decides", async (vanishing) => {
    const at = await start({ prepare: ten });
    at.vendor.devices = cameras(10 - vanishing);
    const { body } = await at.sync();
    expect(body).toMatchObject({
      outcome: "removals_held",
      detail: expect.stringContaining(`${vanishing} devices`),
    });
    expect(await lifecycles(at)).toEqual(Array.from({ length: 10 }, () => "active"));
  });

  test("held removals do not delay other changes", async () => {
    const at = await start({ prepare: ten });
    at.vendor.devices = [listed("new", { status: "degraded" })];
    await at.sync();
    expect((await at.device("new")).body.status).toBe("degraded");
  });

  test("a tombstone is a removal", async () => {
    const at = await start({ prepare: ten });
    at.vendor.devices = cameras(10).map((device) => ({
      ...device,
      lifecycle: "removed",
      removed_at: "2026-11-22T16:05:00Z",
    }));
    expect((await at.sync()).body.outcome).toBe("complete");
    expect(await lifecycles(at)).toEqual(Array.from({ length: 10 }, () => "removed"));
  });

  test("a device known only from events does not count", async () => {
    const at = await start({ prepare: ten });
    await at.deliver(statusChanged({ data: { device_id: "unlisted" } }));
    expect((await at.sync()).body.outcome).toBe("unchanged");
    expect((await at.device("unlisted")).body.lifecycle).toBe("active");
  });

  test("in another integration are not affected", async () => {
    const at = await start({ prepare: ten });
    const other = await start({ settings: {}, prepare: ten });
    const { body } = await onboard(at.server, other.vendor);
    at.vendor.devices = cameras(9);
    await at.sync();
    expect(
      (await at.server.get(`/v1/integrations/${body.integration_id}/devices/cam-9`)).body.lifecycle,
    ).toBe("active");
  });
});

describe("a snapshot and an event", () => {
  const listing = (more: Record<string, unknown>) => [listed("cam-1", more)];
  const event = (time: string) => statusChanged({ time, data: { device_id: "cam-1", status: "offline" } });

  test("a status observed before the event does not overwrite it, however new the listing", async () => {
    const at = await start();
    await at.deliver(event("2026-11-23T08:30:00Z"));
    at.vendor.asOf = "2026-11-23T08:45:00Z";
    at.vendor.devices = listing({
      status: "online",
      status_observed_at: "2026-11-23T08:29:59Z",
      last_seen_at: "2026-11-23T08:31:00Z",
    });
    await at.sync();
    // The record and `last_seen_at` are applied, but not the earlier status.
    expect((await at.device("cam-1")).body).toMatchObject({
      status: "offline",
      status_known_by: "event",
      status_observed_at: "2026-11-23T08:30:00Z",
      name: "Device cam-1",
      last_seen_at: "2026-11-23T08:31:00Z",
    });
  });

  test("a status observed after the event does", async () => {
    const at = await start();
    await at.deliver(event("2026-11-23T08:30:00Z"));
    at.vendor.devices = listing({ status: "online", status_observed_at: "2026-11-23T08:30:01Z" });
    await at.sync();
    expect((await at.device("cam-1")).body).toMatchObject({ status: "online", status_known_by: "snapshot" });
  });

  test("a late event does not overwrite a newer listing", async () => {
    const at = await start({
      prepare: (vendor) => {
        vendor.asOf = "2026-11-23T08:45:00Z";
        vendor.devices = listing({ status: "online" });
      },
    });
    await at.deliver(event("2026-11-23T08:30:00Z"));
    expect((await at.device("cam-1")).body.status).toBe("online");
  });
});

test("a vendor is polled at its interval", async () => {
  const clock = createTestClock();
  const at = await start({ settings: { clock } });
  at.vendor.devices = cameras(1);
  const { body } = await onboard(at.server, at.vendor, { poll_seconds: 1 });
  at.vendor.devices = cameras(2);
  const path = `/v1/integrations/${body.integration_id}/devices/cam-1`;
  await clock.advanceUntil(async () => (await at.server.get(path)).status === 200);
  // Three more polls follow, although no API call requests them.
  at.vendor.calls.splice(0);
  const countPolls = () => at.vendor.calls.filter((each) => each.startsWith("GET /v1/sites")).length;
  await clock.advanceUntil(() => countPolls() >= 3);
});

test("a sync of an unknown integration is 404", async () => {
  const at = await start();
  const { status, body } = await at.server.post("/v1/integrations/int_none/sync");
  expect({ status, code: body.code }).toEqual({ status: 404, code: "unknown_integration" });
});
