import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { verify } from "@convergint/webhooks";
import { expect, test } from "vitest";
import { createOutbox } from "./outbox.ts";
import { createSqliteStore } from "./store/sqlite/index.ts";
import { describeOnEveryStore } from "./testing/on-every-store.ts";
import { startReceiver } from "./testing/receiver.ts";
import { createTurnableClock, encryptionKey, event, quiet, until } from "./testing/world.ts";

const HOUR_MS = 3_600_000;

describeOnEveryStore("an outbox with a clock, on", (it) => {
  it("retries and signs by that clock, also after a restart", async ({ start }) => {
    await using hooks = await startReceiver(500, 500, 204);
    const clock = createTurnableClock();
    const options = { clock, retryScheduleSeconds: [3_600, 3_600] };
    const { outbox, reports } = await start(options);
    const { secret } = await outbox.registerEndpoint({ url: hooks.url });
    await outbox.enqueue(event());
    await until(() => expect(reports).toHaveLength(1));
    await quiet(100);
    expect(hooks.received).toHaveLength(1);
    // Jitter may lengthen a wait of an hour to 72 minutes.
    clock.turn(1.3 * HOUR_MS);
    await until(() => expect(reports).toHaveLength(2));
    await outbox.close();
    await start(options);
    await quiet(100);
    expect(hooks.received).toHaveLength(2);
    clock.turn(1.3 * HOUR_MS);
    const came = await hooks.receives(3);
    const [first = 0, ...later] = came.map(({ headers }) => Number(headers["webhook-timestamp"]));
    expect(later.map((timestamp) => Math.round((timestamp - first) / 360) / 10)).toEqual([1.3, 2.6]);
    for (const { headers, body } of came) {
      const now = new Date(Number(headers["webhook-timestamp"]) * 1000);
      await verify({ headers, body, keys: secret, now });
    }
  });

  it("expires a previous secret and dates endpoints by that clock", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const clock = createTurnableClock(HOUR_MS);
    const { outbox } = await start({ clock });
    const { endpointId, secret: first, createdAt } = await outbox.registerEndpoint({ url: hooks.url });
    expect(Math.round((createdAt.getTime() - Date.now()) / HOUR_MS)).toBe(1);
    const { secret: second, previousExpiresAt } = await outbox.rotateSecret(endpointId);
    expect(Math.round((previousExpiresAt.getTime() - Date.now()) / HOUR_MS)).toBe(25);
    const signers = async (index: number) => {
      await outbox.enqueue(event());
      const one = (await hooks.receives(index + 1))[index];
      if (!one) throw new Error("nothing was received");
      const { headers, body } = one;
      const verified = [first, second].map((keys) =>
        verify({ headers, body, keys, now: new Date(clock.now()) }),
      );
      return (await Promise.allSettled(verified)).map(({ status }) => status);
    };
    expect(await signers(0)).toEqual(["fulfilled", "fulfilled"]);
    clock.turn(24.1 * HOUR_MS);
    expect(await signers(1)).toEqual(["rejected", "fulfilled"]);
  });
});

test.each([
  ["while its endpoint is in use", 1, [1.5]],
  ["long after its endpoint was in use", 300, [600]],
])(
  "a retry starts when it is due, not at the next poll, %s",
  async (_, pollSeconds, retryScheduleSeconds) => {
    await using hooks = await startReceiver(500, 204);
    const clock = createVirtualClock();
    const attempts: { readonly at: number; readonly retryAt: number | undefined }[] = [];
    const outbox = await createOutbox({
      store: await createSqliteStore({ path: ":memory:" }),
      encryptionKey,
      allowLoopback: true,
      clock,
      pollSeconds,
      retryScheduleSeconds,
      onAttempt: ({ retryAt }) => attempts.push({ at: clock.now(), retryAt: retryAt?.getTime() }),
    });
    await outbox.start();
    await outbox.registerEndpoint({ url: hooks.url });
    await outbox.enqueue(event());
    await clock.advance(3_000 * (retryScheduleSeconds[0] ?? 0));
    const [first, second] = attempts;
    const late = (second?.at ?? 0) - (first?.retryAt ?? 0);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(50);
    await outbox.close();
  },
);
