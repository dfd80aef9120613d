import { readFileSync } from "node:fs";
import { createCampus, type Send } from "@convergint/example-vendor-cloud";
import { startVendor } from "@convergint/example-vendor-minimal";
import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { expect, test } from "vitest";
import { checks } from "../checks/index.ts";
import type { Clock } from "../harness/clock.ts";
import { monitorLateness } from "../harness/lateness.ts";
import { judge } from "./judge.ts";
import { runSuite } from "./run.ts";

const apiKey = "key-of-the-virtual-campus";
const client = { clientId: "virtual-client", clientSecret: "secret-of-the-virtual-client" };

test("certifies the reference vendor in every profile without waiting for the time it measures", async () => {
  const clock = createVirtualClock();
  const campus = createCampus({
    seed: 7,
    maxBuildings: 1,
    maxChildren: 1,
    apiKeys: [{ key: apiKey, orgIds: "all" }],
    oauthClients: [{ ...client, orgIds: "all" }],
    accessTokenSeconds: 4,
    clock,
  });
  // The vendor posts every event to every endpoint, so a scenario removes its endpoints when it ends.
  let [registered, maxRegistered] = [0, 0];
  campus.app.addHook("onResponse", async ({ method, url }, { statusCode }) => {
    if (!url.startsWith("/v1/webhook-endpoints")) return;
    if (statusCode === 201) registered += 1;
    if (method === "DELETE" && statusCode === 204) registered -= 1;
    maxRegistered = Math.max(maxRegistered, registered);
  });
  try {
    const target = new URL(await campus.listen());
    const credentials = { apiKey, client };
    const { signal } = new AbortController();
    const run = await clock.run(() => runSuite({ target, credentials, seed: 7, burst: 30, signal, clock }));
    const wrong = run.results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
    expect(wrong).toEqual([]);
    expect(run.conclusion).toBe("certified");
    // The first endpoint, one that answered 410, and those of the retries.
    expect(maxRegistered).toBeLessThanOrEqual(
      2 + Object.keys(run.record.parts.retries?.endpoints ?? {}).length + 2,
    );
    // The run includes a response that takes 14.5 s and an access token that is valid for 4 s. The 12 s until the token has
    // certainly expired pass while the run waits for retries.
    const tookMs = run.finishedAt.getTime() - run.startedAt.getTime();
    expect(tookMs).toBeGreaterThan(18_000);
    expect(tookMs).toBeLessThan(28_000);
  } finally {
    await campus.close();
  }
});

const minimal = new URL("../../../examples/vendor-minimal/", import.meta.url);

test("certifies the smallest vendor in every profile that it claims", async () => {
  expect(readFileSync(new URL("vendor.ts", minimal), "utf8").split("\n").length).toBeLessThan(200);
  const estate = JSON.parse(readFileSync(new URL("devices.json", minimal), "utf8"));
  const [own, second] = estate.orgs.map(({ org_id }: { org_id: string }) => org_id);
  const credentials = { apiKey: "minimal-key", secondApiKey: "second-key", productionApiKey: "live-key" };
  const keys = [
    { key: credentials.apiKey, orgIds: [own] },
    { key: credentials.secondApiKey, orgIds: [second] },
    { key: credentials.productionApiKey, orgIds: [own], production: true },
  ];
  const clock = createVirtualClock();
  const vendor = await startVendor({ estate, keys, sandbox: true, clock });
  try {
    const { signal } = new AbortController();
    const options = { target: new URL(vendor.url), seed: 7, burst: 30, signal, clock };
    const all = { ...credentials, withdrawnApiKey: "withdrawn-key" };
    const run = await clock.run(() => runSuite({ ...options, credentials: all }));
    const wrong = run.results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
    expect(wrong).toEqual([]);
    expect(run.conclusion).toBe("certified");
    expect(run.profiles).toEqual(["health", "resilience"]);
  } finally {
    await clock.run(() => vendor.close());
  }
});

/** How long the suite does not run: longer than any time limit of DLV-007. */
const BLOCKED_MS = 30_000;
/** More endpoints than exist before the scenario that tests slow endpoints. */
const MANY_ENDPOINTS = 6;

test("DLV-007 could not run if the event loop was blocked while webhooks arrived", async () => {
  const apiKey = "key-of-the-late-campus";
  const virtual = createVirtualClock();
  let blockedMs = 0;
  // After a block, the clock is ahead. Timers that became due during the block then fire.
  const clock: Clock = {
    now: () => virtual.now() + blockedMs,
    monotonic: () => virtual.monotonic() + blockedMs,
    setTimer: virtual.setTimer,
  };
  const urls = new Map<string, Set<string>>();
  const send: Send = async (request, post) => {
    const id = request.headers["webhook-id"] ?? "";
    const seen = urls.get(id) ?? new Set();
    urls.set(id, seen.add(request.url));
    // Virtual time passes only after every command has been answered, so the block falls between the command
    // and the webhook.
    await new Promise<void>((resolve) => virtual.setTimer(resolve, 100));
    if (seen.size >= MANY_ENDPOINTS) blockedMs = BLOCKED_MS;
    return post(request);
  };
  const apiKeys = [{ key: apiKey, orgIds: "all" as const }];
  const campus = createCampus({ seed: 7, maxBuildings: 1, apiKeys, send, clock: virtual });
  const { signal } = new AbortController();
  const target = new URL(await campus.listen());
  const lateness = monitorLateness(clock, () => 0);
  const run = { seed: 7, burst: 10, signal, clock, lateness };
  const options = { target, credentials: { apiKey }, only: ["DLV-007"], ...run };
  const { results, record } = await virtual.run(() => runSuite(options));
  await virtual.run(() => campus.close());
  expect(results).toMatchObject([
    { verdict: "could-not-run", reason: expect.stringContaining("this machine was too busy") },
  ]);
  const { lateness: measured, ...parts } = record.parts;
  expect(measured?.stalls.map(({ lostMs }) => lostMs)).toContainEqual(expect.closeTo(BLOCKED_MS, -3));
  const [withoutLateness] = await judge(
    results.map(({ requirement }) => requirement),
    checks,
    { ...record, parts },
  );
  expect(withoutLateness?.verdict).toBe("fail");
});
