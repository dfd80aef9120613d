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
  try {
    const target = new URL(await campus.listen());
    const credentials = { apiKey, client };
    const { signal } = new AbortController();
    const run = await clock.run(() => runSuite({ target, credentials, seed: 7, burst: 30, signal, clock }));
    const wrong = run.results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
    expect(wrong).toEqual([]);
    expect(run.conclusion).toBe("certified");
    // The run includes a response that takes 14.5 s and an access token that is valid for 4 s.
    expect(run.finishedAt.getTime() - run.startedAt.getTime()).toBeGreaterThan(18_000);
  } finally {
    await campus.close();
  }
});
