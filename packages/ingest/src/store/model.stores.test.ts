import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { toAcceptedEvent, toStagedDevice } from "../testing/domain-objects.ts";
import { addIntegration, BACKENDS, openTestStore } from "../testing/stores.ts";
import type { Staging } from "./inventory-store.ts";
import type { Store } from "./store.ts";

/** The number of histories in all shards together. */
const RUNS = 1000;
/** The number of shards on PostgreSQL, where a history mostly waits for round trips. */
const SHARDS = 8;

const RECEIVED = Date.parse("2026-11-23T09:00:00Z");
const STATUSES = ["online", "degraded", "offline", "unknown"] as const;
const DEVICES = ["cam-1", "cam-2", "door-1"] as const;

/**
 * A few points in time, so that many observations have equal times. Two of the times are in the future, and
 * one of these two is too far in the future.
 */
const minute = fc.constantFrom(-30, -20, -20, -10, -5, 0, 4, 30);
const at = (minutes: number) => new Date(RECEIVED + minutes * 60_000).toISOString();

const anEvent = fc.record({
  device: fc.constantFrom(...DEVICES),
  minutes: minute,
  sequence: fc.constantFrom(undefined, "001", "002"),
  status: fc.constantFrom(...STATUSES),
});
const aListing = fc.record({
  asOf: minute,
  /** How many devices one step may have. */
  limit: fc.constantFrom(1, 2, 500),
  devices: fc.uniqueArray(
    fc.record({
      device: fc.constantFrom(...DEVICES),
      observed: fc.option(minute, { nil: undefined }),
      status: fc.constantFrom(...STATUSES),
    }),
    { selector: ({ device }) => device, maxLength: 3 },
  ),
});

type GeneratedEvent = typeof anEvent extends fc.Arbitrary<infer T> ? T & { readonly id: string } : never;
type Listing = typeof aListing extends fc.Arbitrary<infer T> ? T : never;

/** An observation, reduced to what decides whether it is the latest. */
interface Seen {
  readonly device: string;
  /**
   * Compared in this order: time, sequence, event id (an event wins over a snapshot), time of the listing,
   * status.
   */
  readonly rank: readonly [number, string, string, number, string];
  readonly status: string;
}

/** A time more than 5 minutes ahead counts as the time of receipt. */
const capFuture = (minutes: number) => (minutes > 5 ? 0 : minutes);

const toSeen = ({ device, minutes, sequence, status, id }: GeneratedEvent): Seen => ({
  device,
  rank: [capFuture(minutes), sequence ?? "", id, Number.NEGATIVE_INFINITY, status],
  status,
});
const listSeen = ({ asOf, devices }: Listing): readonly Seen[] =>
  devices.map(({ device, observed, status }) => ({
    device,
    rank: [capFuture(observed ?? asOf), "", "", capFuture(asOf), status],
    status,
  }));

function isAfter(a: Seen, b: Seen): boolean {
  for (const [index, value] of a.rank.entries()) {
    const other = b.rank[index] ?? "";
    if (value !== other) return value > other;
  }
  return false;
}

/** The model: the status of a device is its latest observation, whatever the order of arrival. */
function findLatestStatuses(seen: readonly Seen[]): Record<string, string> {
  const statuses = new Map<string, Seen>();
  for (const each of seen) {
    const known = statuses.get(each.device);
    if (!known || isAfter(each, known)) statuses.set(each.device, each);
  }
  return Object.fromEntries([...statuses].map(([device, { status }]) => [device, status]));
}

/**
 * Events in batches, some of them late, repeated or shuffled, and listings between the batches. Between the
 * steps of a listing, there are further batches and bindings, or the process that applies it dies.
 */
const history = fc
  .record({
    events: fc.array(anEvent, { minLength: 1, maxLength: 10 }),
    listings: fc.array(aListing, { maxLength: 3 }),
  })
  .chain(({ events: plain, listings }) => {
    const events = plain.map((event, index) => ({ ...event, id: `e${index}` }));
    const batch = fc.array(fc.constantFrom(...events), { minLength: 1, maxLength: 6 });
    const between = fc.oneof(
      { arbitrary: fc.constant(null), weight: 2 },
      { arbitrary: fc.array(fc.constantFrom(...events), { minLength: 1, maxLength: 2 }), weight: 5 },
      { arbitrary: fc.constantFrom("bind" as const, "crash" as const), weight: 1 },
    );
    return fc.record({
      events: fc.constant(events),
      listings: fc.constant(listings),
      batches: fc.array(batch, { maxLength: 4 }),
      between: fc.array(between, { maxLength: 12 }),
      boundAfter: fc.integer({ min: -1, max: 3 }),
    });
  });

/**
 * The model of a listing that is applied in steps: nothing of it is seen until it is published, and from then
 * on, all of it is. More devices than one step may have are first prepared, and published with the last.
 */
function createSteps({ devices, limit }: Listing) {
  let isStarted = false;
  let left = devices.length;
  return {
    isPublished: false,
    /** Call this when bindings change. */
    restart() {
      left = devices.length;
    },
    next() {
      if (devices.length <= limit) this.isPublished = true;
      if (isStarted && left < limit) this.isPublished = true;
      if (isStarted) left -= limit;
      isStarted = true;
    },
  };
}

describe.each(BACKENDS)("on $name", (backend) => {
  let isAvailable = false;
  let store: Store;
  beforeAll(async () => {
    isAvailable = await backend.start();
    if (isAvailable) store = await openTestStore(await backend.database());
  });
  afterAll(async () => {
    await store?.close();
    await backend.stop();
  });
  beforeEach(({ skip }) => {
    if (!isAvailable) skip();
  });

  const ALL = {
    customerIds: null,
    customerSiteId: null,
    siteId: null,
    systemId: null,
    status: null,
    type: null,
    bound: null,
    withRemoved: true,
    after: null,
    limit: 1000,
  };
  async function readStatuses(integrationId: string): Promise<Record<string, string>> {
    const devices = await store.devices.list({ ...ALL, integrationId });
    return Object.fromEntries(
      devices.flatMap(({ device_id, status }) => (status === null ? [] : [[device_id, status]])),
    );
  }

  const leaseOf = (integrationId: string) => ({ name: `sync:${integrationId}`, owner: "me" });

  async function stage(integrationId: string, { asOf, devices }: Listing): Promise<Staging> {
    const staging = { syncId: randomUUID(), integrationId };
    const lease = leaseOf(integrationId);
    await store.leases.take(lease.name, lease.owner, 30);
    const devicesToStage = devices.map(({ device, observed, status }) =>
      toStagedDevice(
        { device_id: device, status, ...(observed !== undefined && { status_observed_at: at(observed) }) },
        at(asOf),
      ),
    );
    await store.inventory.stage(staging, devicesToStage);
    return staging;
  }

  test("statuses and feed match the model for events and listings in any order", async () => {
    const property = fc.asyncProperty(history, async ({ events, listings, batches, between, boundAfter }) => {
      const integrationId = await addIntegration(store);
      const startOfFeed = await store.changes.last();
      const bind = () =>
        store.bindings.bind({
          integrationId,
          orgId: "org",
          siteId: null,
          customerId: "customer",
          customerSiteId: null,
          boundAt: at(0),
        });
      const seen: Seen[] = [];
      const commit = (batch: readonly GeneratedEvent[]) => {
        seen.push(...batch.map(toSeen));
        return store.events.commit(
          batch.map(({ id, device, minutes, sequence, status }) =>
            toAcceptedEvent(integrationId, {
              id,
              time: at(minutes),
              ...(sequence !== undefined && { sequence }),
              data: { device_id: device, status },
            }),
          ),
        );
      };
      const done = [...between];
      /** @returns whether the process that applies the listing still runs */
      async function runBetween(steps: ReturnType<typeof createSteps>): Promise<boolean> {
        const each = done.shift() ?? null;
        if (Array.isArray(each)) await commit(each);
        if (each === "bind") {
          await bind();
          steps.restart();
        }
        if (each !== "crash") return true;
        while (!(await store.inventory.tidy(integrationId, leaseOf(integrationId), 1)));
        return false;
      }
      async function apply(listing: Listing): Promise<void> {
        const staging = await stage(integrationId, listing);
        const steps = createSteps(listing);
        for (let isRunning = true; isRunning; ) {
          const counts = await store.inventory.apply(
            staging,
            "remove",
            leaseOf(integrationId),
            at(0),
            listing.limit,
          );
          steps.next();
          isRunning = counts === null && (await runBetween(steps));
          const published = steps.isPublished ? listSeen(listing) : [];
          expect(await readStatuses(integrationId)).toEqual(findLatestStatuses([...seen, ...published]));
        }
        if (steps.isPublished) seen.push(...listSeen(listing));
      }

      if (boundAfter < 0) await bind();
      for (let step = 0; step < Math.max(batches.length, listings.length); step += 1) {
        if (step === boundAfter) await bind();
        const [batch, listing] = [batches[step], listings[step]];
        if (batch) await commit(batch);
        if (listing) await apply(listing);
      }
      // Commits all events a second time, so that every event is stored and most events are duplicates.
      await commit(events);
      await bind();

      const expected = findLatestStatuses(seen);
      const query = { customerIds: null, integrationId, after: startOfFeed, limit: 1000 };
      expect(await readStatuses(integrationId)).toEqual(expected);
      expect(await store.events.list({ ...query, quarantined: false })).toHaveLength(events.length);

      const rebuilt: Record<string, string> = {};
      const feed = await store.changes.read(query);
      for (const { kind, device_id, data } of feed) {
        const { status } = JSON.parse(data) as { readonly status?: string };
        if (kind !== "event" && device_id !== null && status) rebuilt[device_id] = status;
      }
      expect(rebuilt).toEqual(expected);
      expect(feed.filter(({ kind }) => kind === "event")).toHaveLength(events.length);

      for (const deviceId of Object.keys(expected)) {
        const past = await store.changes.history({
          integrationId,
          deviceId,
          customerIds: null,
          before: null,
          limit: 1000,
        });
        const entries = past.map(({ data }) => JSON.parse(data) as Record<string, string | null>);
        // Each entry's previous status is the status of the next older entry, down to the first entry. This
        // proves that no entry is missing and that no entry belongs to another device.
        expect(entries.map(({ previous_status }) => previous_status)).toEqual([
          ...entries.slice(1).map(({ status }) => status),
          null,
        ]);
        expect(entries[0]?.["status"]).toBe(expected[deviceId]);
        const inFeed = feed.filter(
          ({ kind, device_id }) => kind === "device_status" && device_id === deviceId,
        );
        expect(past.map(({ sequence }) => sequence)).toEqual(
          expect.arrayContaining(inFeed.map(({ sequence }) => sequence)),
        );
      }
    });
    // On PostgreSQL, the test runs several shards concurrently. Each history has its own integration.
    const shards = backend.name === "PostgreSQL" ? SHARDS : 1;
    await Promise.all(Array.from({ length: shards }, () => fc.assert(property, { numRuns: RUNS / shards })));
  });
});
