import { createCampus } from "@convergint/example-vendor-cloud";
import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { expect, test } from "vitest";
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
