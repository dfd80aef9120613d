import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type Clock, systemClock } from "../clock.ts";
import type { Store } from "../store/store.ts";

/** The server's Prometheus metrics. */
export interface Metrics {
  readonly registry: Registry;
  /** Deliveries, by the HTTP status of the answer. */
  readonly deliveries: Counter<"integration_id" | "result">;
  /** Events, by outcome: `stored`, `quarantined`, `duplicate`, `refused`. */
  readonly events: Counter<"integration_id" | "outcome">;
  readonly lateObservations: Counter;
  readonly acknowledgeSeconds: Histogram;
  readonly commitSeconds: Histogram;
  readonly commitEvents: Histogram;
  readonly syncs: Counter<"integration_id" | "outcome">;
  /** Statuses that a listing corrected, because the events had reported a different status or none. */
  readonly correctedStatuses: Counter<"integration_id">;
  /**
   * Parts of vendors' records that the contract does not allow, by source (`listing`, `webhook`) and effect (`dropped`,
   * `set_aside`).
   */
  readonly faults: Counter<"integration_id" | "source" | "effect">;
}

const PREFIX = "convergint_ingest_";
const ACKNOWLEDGE_BUCKETS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const EVENT_BUCKETS = [1, 4, 16, 64, 256, 1024];

const secondsBetween = (from: string | null, to: number): number =>
  from === null ? Number.POSITIVE_INFINITY : (to - Date.parse(from)) / 1000;

/**
 * Adds the gauges that are read from the store at each scrape. They are left out while the database fails, because
 * the other metrics are needed most then.
 */
function addStoreGauges(
  registry: Registry,
  store: Store,
  isUp: () => boolean,
  clock: Pick<Clock, "now">,
): void {
  const add = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (gauge: Gauge<Label>) => Promise<void>,
  ) => {
    const gauge: Gauge<Label> = new Gauge({
      name: `${PREFIX}${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      async collect() {
        gauge.reset();
        const isRead =
          isUp() &&
          (await read(gauge).then(
            () => true,
            () => false,
          ));
        if (isRead) return;
        gauge.reset();
        // A reset sets a gauge without labels to 0.
        if (labelNames.length === 0) gauge.remove();
      },
    });
  };
  add("quarantined_events", "Events of orgs and sites that are not bound.", [], async (gauge) =>
    gauge.set((await store.maintenance.size()).quarantinedEvents),
  );
  add(
    "wal_bytes",
    "Size of SQLite's write-ahead log; 0 on PostgreSQL. A reader that never ends makes the log grow without limit.",
    [],
    async (gauge) => gauge.set((await store.maintenance.size()).walBytes ?? 0),
  );
  add(
    "sync_age_seconds",
    "Seconds since the end of the last complete sync of an integration.",
    ["integration_id"],
    async (gauge) => {
      for (const { integrationId, lastCompleteAt } of await store.syncs.states()) {
        gauge.set({ integration_id: integrationId }, secondsBetween(lastCompleteAt, clock.now()));
      }
    },
  );
  add(
    "webhooks_ok",
    "1 while webhooks of an integration arrive as expected, 0 during an outage.",
    ["integration_id"],
    async (gauge) => {
      for (const { integrationId, webhooks } of await store.syncs.states()) {
        if (webhooks.state !== "not_expected") {
          gauge.set({ integration_id: integrationId }, webhooks.state === "ok" ? 1 : 0);
        }
      }
    },
  );
  add(
    "unmapped_words",
    "Vendor terms for types and statuses without a mapping.",
    ["integration_id", "kind"],
    async (gauge) => {
      for (const { integrationId, kind } of await store.mappings.unmapped(null, 1000)) {
        gauge.inc({ integration_id: integrationId, kind });
      }
    },
  );
}

/**
 * Creates the metrics of one server.
 *
 * @param queueDepth returns how many events wait for a commit to start
 * @param isUp returns whether no outage of the database is known
 */
export function createMetrics(
  store: Store,
  queueDepth: () => number,
  clock: Pick<Clock, "now"> = systemClock,
  isUp: () => boolean = () => true,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  addStoreGauges(registry, store, isUp, clock);
  new Gauge({
    name: `${PREFIX}database_up`,
    help: "1 while the database accepts writes, 0 during an outage.",
    registers,
    collect() {
      this.set(isUp() ? 1 : 0);
    },
  });
  new Gauge({
    name: `${PREFIX}queue_depth`,
    help: "Verified events that wait for a commit to start.",
    registers,
    collect() {
      this.set(queueDepth());
    },
  });
  return {
    registry,
    deliveries: new Counter({
      name: `${PREFIX}deliveries_total`,
      help: "Deliveries, by the HTTP status of the answer.",
      labelNames: ["integration_id", "result"],
      registers,
    }),
    events: new Counter({
      name: `${PREFIX}events_total`,
      help: "Events, by outcome.",
      labelNames: ["integration_id", "outcome"],
      registers,
    }),
    lateObservations: new Counter({
      name: `${PREFIX}late_observations_total`,
      help: "Observations that were older than the known status of the device.",
      registers,
    }),
    acknowledgeSeconds: new Histogram({
      name: `${PREFIX}acknowledge_seconds`,
      help: "Seconds from the receipt of a delivery until it is acknowledged.",
      buckets: ACKNOWLEDGE_BUCKETS,
      registers,
    }),
    commitSeconds: new Histogram({
      name: `${PREFIX}commit_seconds`,
      help: "Duration of a commit of events.",
      buckets: ACKNOWLEDGE_BUCKETS,
      registers,
    }),
    commitEvents: new Histogram({
      name: `${PREFIX}commit_events`,
      help: "Events per commit.",
      buckets: EVENT_BUCKETS,
      registers,
    }),
    syncs: new Counter({
      name: `${PREFIX}syncs_total`,
      help: "Syncs, by outcome.",
      labelNames: ["integration_id", "outcome"],
      registers,
    }),
    correctedStatuses: new Counter({
      name: `${PREFIX}corrected_statuses_total`,
      help: "Statuses corrected by a listing.",
      labelNames: ["integration_id"],
      registers,
    }),
    faults: new Counter({
      name: `${PREFIX}faults_total`,
      help: "Invalid members that were dropped from vendors' records, and records that were set aside. A fault that remains counts in each sync.",
      labelNames: ["integration_id", "source", "effect"],
      registers,
    }),
  };
}
