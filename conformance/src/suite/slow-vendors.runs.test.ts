import { type Campus, type CampusOptions, createCampus } from "@convergint/example-vendor-cloud";
import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import { createVirtualClock, type VirtualClock } from "@convergint/testing/virtual-clock";
import { expect, test } from "vitest";
import { runSuite } from "./run.ts";

const apiKey = "key-of-the-slow-campus";
const headers = { authorization: `Bearer ${apiKey}` };

/** Behaviour that the contract allows, but that the campus does not show by itself. */
interface Variation {
  readonly send?: (clock: VirtualClock) => NonNullable<CampusOptions["send"]>;
  readonly prepare?: (app: Campus["app"], clock: VirtualClock) => void;
}

/** Runs every profile against a campus with a variation. @returns everything that did not pass */
async function certify({ send, prepare }: Variation, seed: number) {
  const clock = createVirtualClock();
  const campus = createCampus({
    seed,
    maxBuildings: 1,
    maxChildren: 1,
    apiKeys: [{ key: apiKey, orgIds: "all" }],
    clock,
    ...(send && { send: send(clock) }),
  });
  prepare?.(campus.app, clock);
  try {
    const target = new URL(await campus.listen());
    const options = {
      target,
      credentials: { apiKey },
      seed,
      burst: 30,
      signal: new AbortController().signal,
    };
    const { results } = await clock.run(() => runSuite({ ...options, clock }));
    return results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
  } finally {
    // A delivery under way may wait for a timer.
    await clock.run(() => campus.close());
  }
}

/**
 * Posts two events for each device that goes offline. The second event follows after 0.7 s with the same
 * status and, in addition, the reason.
 */
const learnReasons: Variation["prepare"] = (app, clock) => {
  app.addHook("onResponse", async ({ url, body }, { statusCode }) => {
    const [, device] = /^\/sandbox(\/devices\/[^/]+)\/status$/.exec(url) ?? [];
    if (!device || statusCode !== 200 || (body as { status?: unknown }).status !== "offline") return;
    const command = (path: string, payload: object) =>
      app.inject({ method: "POST", url: `/sandbox${device}${path}`, headers, payload });
    clock.setTimer(async () => {
      const shown = await app.inject({ url: `/v1${device}`, headers });
      if (shown.json().status !== "offline") return;
      await command("/status", { status: "offline", status_reason: "power_loss" });
      await command("/events", { type: DEVICE_STATUS_CHANGED });
    }, 700);
  });
};

const MAX_COMMANDS = 10;
const COMMANDS_WINDOW_MS = 15_000;

/** Limits sandbox commands for devices to a few in each window of time. */
const limitCommands: Variation["prepare"] = (app, clock) => {
  let [endsAt, commands] = [0, 0];
  app.addHook("onRequest", async ({ url }, reply) => {
    if (!url.startsWith("/sandbox/devices/")) return;
    if (clock.now() >= endsAt) [endsAt, commands] = [clock.now() + COMMANDS_WINDOW_MS, 0];
    commands += 1;
    if (commands <= MAX_COMMANDS) return;
    const seconds = Math.ceil((endsAt - clock.now()) / 1000);
    const problem = { type: "about:blank", title: "Too many requests", status: 429, code: "rate_limited" };
    reply.code(429).header("retry-after", String(seconds)).type("application/problem+json").send(problem);
    return reply;
  });
};

interface PostedEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly data: { readonly status?: string; readonly previous_status?: string | null };
}

/** Posts each event a while after it happened. */
const late =
  (secondsOf: (event: PostedEvent) => number): NonNullable<Variation["send"]> =>
  (clock) =>
  async (delivery, post) => {
    const event = JSON.parse(delivery.body) as PostedEvent;
    const ms = Date.parse(event.time) + secondsOf(event) * 1000 - clock.now();
    if (ms > 0) await new Promise<void>((resolve) => clock.setTimer(resolve, ms));
    return post(delivery);
  };

/** The latency that the campus declares, less the time that its own code takes. */
const LATENCY_SECONDS = 4.9;

const isRestore = ({ type, data }: PostedEvent) => type === DEVICE_STATUS_CHANGED && data.status === "online";

test.each<[string, Variation]>([
  ["reports the reason of a status in a second event", { prepare: learnReasons }],
  ["accepts few sandbox commands at once", { prepare: limitCommands }],
  ["posts every event 3 s after it happened", { send: late(() => 3) }],
  ["posts restores late", { send: late((event) => (isRestore(event) ? LATENCY_SECONDS : 0)) }],
  [
    "posts the restores behind a connector late",
    {
      send: late((event) =>
        isRestore(event) && event.data.previous_status === "unknown" ? LATENCY_SECONDS : 0,
      ),
    },
  ],
  [
    "posts events in any order",
    { send: late(({ id }) => (Number.parseInt(id.slice(0, 4), 16) / 0xffff) * LATENCY_SECONDS) },
  ],
])("certifies a vendor that %s", async (_, variation) => {
  expect(await certify(variation, 1)).toEqual([]);
});
