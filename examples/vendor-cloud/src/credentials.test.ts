import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { KEY, ORGS, type RunningCampus, startCampus } from "./testing/running-campus.ts";
import { startReceiver } from "./testing/webhook-receiver.ts";
import { camera, quiet } from "./testing/webhook-world.ts";

const OTHER_KEY = "test-key-other";
const open: { close(): Promise<unknown> }[] = [];
const started = async (...options: Parameters<typeof startCampus>): Promise<RunningCampus> => {
  const campus = await startCampus(...options);
  open.push(campus);
  return campus;
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const command = { method: "POST", json: { status: "offline" } };
const control = `/sandbox/devices/${camera.device_id}/status`;

describe("a revoked key", () => {
  it.each<[string, { method?: string; json?: unknown }]>([
    ["/v1/orgs", {}],
    ["/v1/devices", {}],
    [`/v1/devices/${camera.device_id}`, {}],
    ["/v1/webhook-endpoints", { method: "POST", json: { url: "http://127.0.0.1:9/" } }],
    [control, command],
  ])("gets 401 with the reason at %s", async (path, options) => {
    const campus = await started({ withdrawnKeys: [OTHER_KEY] });
    const answer = await campus.call(path, { ...options, key: OTHER_KEY });
    expect(answer).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(JSON.stringify(answer.body)).toContain("revoked");
    expect(JSON.stringify(answer.body)).not.toContain(OTHER_KEY);
  });

  it("stops deliveries to the endpoints that were registered with it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "campus-withdrawn-"));
    open.push({ close: () => rm(folder, { recursive: true }) });
    const outboxFile = {
      path: join(folder, "outbox.db"),
      encryptionKey: randomBytes(32).toString("base64"),
    };
    const [withdrawn, kept] = [await startReceiver({ status: 204 }), await startReceiver({ status: 204 })];
    open.push(withdrawn, kept);
    const keys = [KEY, OTHER_KEY].map((key) => ({ key, orgIds: "all" as const }));
    const before = await startCampus({ outboxFile, apiKeys: keys });
    for (const [key, { url }] of [
      [OTHER_KEY, withdrawn],
      [KEY, kept],
    ] as const) {
      await before.call("/v1/webhook-endpoints", { key, method: "POST", json: { url } });
    }
    await before.close();
    const after = await started({
      outboxFile,
      apiKeys: keys.slice(0, 1),
      withdrawnKeys: [OTHER_KEY],
    });
    await after.setStatus(camera.device_id, "offline");
    await kept.receives(1);
    await quiet();
    expect(withdrawn.received).toEqual([]);
  });
});

describe("a production key", () => {
  it("sees its orgs but cannot command any device, not even its own", async () => {
    const apiKeys = [
      { key: KEY, orgIds: "all" as const },
      { key: OTHER_KEY, orgIds: [ORGS.university], production: true },
    ];
    const campus = await started({ apiKeys });
    const path = `/v1/devices/${camera.device_id}`;
    expect(await campus.call(path, { key: OTHER_KEY })).toMatchObject({
      status: 200,
      body: { status: "online" },
    });
    expect(await campus.call(control, { ...command, key: OTHER_KEY })).toMatchObject({
      status: 403,
      body: { code: "forbidden" },
    });
    expect(await campus.call(path)).toMatchObject({ body: { status: "online" } });
    expect(await campus.call(control, command)).toMatchObject({ status: 200, body: { status: "offline" } });
  });
});
