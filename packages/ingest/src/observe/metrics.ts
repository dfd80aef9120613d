import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Store } from "../store/store.ts";

/** What the server counts, for Prometheus. */
export interface Metrics {
  readonly registry: Registry;
  /** Deliveries, by the HTTP status they were answered. */
  readonly deliveries: Counter<"integration_id" | "result">;
  /** Events, by what became of them: `stored`, `quarantined`, `duplicate`, `refused`. */
  readonly events: Counter<"integration_id" | "outcome">;
  readonly lateObservations: Counter;
  readonly acknowledgeSeconds: Histogram;
  readonly commitSeconds: Histogram;
  readonly commitEvents: Histogram;
  readonly syncs: Counter<"integration_id" | "outcome">;
  /** Statuses that a listing had to correct: events had told otherwise, or nothing. */
  readonly correctedStatuses: Counter<"integration_id">;
}

const PREFIX = "convergint_ingest_";
const ACKNOWLEDGE_BUCKETS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const EVENT_BUCKETS = [1, 4, 16, 64, 256, 1024];

const secondsSince = (at: string | null): number =>
  at === null ? Number.POSITIVE_INFINITY : (Date.now() - Date.parse(at)) / 1000;

/** Adds what is looked up in the store when somebody asks. */
function addStoreGauges(registry: Registry, store: Store): void {
  const registers = [registry];
  new Gauge({
    name: `${PREFIX}quarantined_events`,
    help: "Events of orgs and sites that nobody has bound.",
    registers,
    async collect() {
      this.set((await store.maintenance.size()).quarantinedEvents);
    },
  });
  new Gauge({
    name: `${PREFIX}wal_bytes`,
    help: "Size of SQLite's write-ahead log; 0 on PostgreSQL. Grows without end where a reader never ends.",
    registers,
    async collect() {
      this.set((await store.maintenance.size()).walBytes ?? 0);
    },
  });
  new Gauge({
    name: `${PREFIX}sync_age_seconds`,
    help: "How long ago the last complete sync of an integration ended.",
    labelNames: ["integration_id"],
    registers,
    async collect() {
      this.reset();
      for (const { integrationId, lastCompleteAt } of await store.syncs.states()) {
        this.set({ integration_id: integrationId }, secondsSince(lastCompleteAt));
      }
    },
  });
  new Gauge({
    name: `${PREFIX}webhooks_ok`,
    help: "1 while webhooks of an integration come as they should, 0 while they do not.",
    labelNames: ["integration_id"],
    registers,
    async collect() {
      this.reset();
      for (const { integrationId, webhooks } of await store.syncs.states()) {
        if (webhooks.state !== "not_expected") {
          this.set({ integration_id: integrationId }, webhooks.state === "ok" ? 1 : 0);
        }
      }
    },
  });
  new Gauge({
    name: `${PREFIX}unmapped_words`,
    help: "Vendors' words for types and statuses that no table knows.",
    labelNames: ["integration_id", "kind"],
    registers,
    async collect() {
      this.reset();
      for (const { integrationId, kind } of await store.mappings.unmapped(null, 1000)) {
        this.inc({ integration_id: integrationId, kind });
      }
    },
  });
}

/**
 * Makes the metrics of one server.
 *
 * @param queueDepth how many events wait for a commit to begin
 */
export function createMetrics(store: Store, queueDepth: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  addStoreGauges(registry, store);
  new Gauge({
    name: `${PREFIX}queue_depth`,
    help: "Events that were verified and wait for a commit to begin.",
    registers,
    collect() {
      this.set(queueDepth());
    },
  });
  return {
    registry,
    deliveries: new Counter({
      name: `${PREFIX}deliveries_total`,
      help: "Deliveries, by what they were answered.",
      labelNames: ["integration_id", "result"],
      registers,
    }),
    events: new Counter({
      name: `${PREFIX}events_total`,
      help: "Events, by what became of them.",
      labelNames: ["integration_id", "outcome"],
      registers,
    }),
    lateObservations: new Counter({
      name: `${PREFIX}late_observations_total`,
      help: "Observations that came too late to say anything new of a device's status.",
      registers,
    }),
    acknowledgeSeconds: new Histogram({
      name: `${PREFIX}acknowledge_seconds`,
      help: "From a delivery's last byte until it is answered as taken.",
      buckets: ACKNOWLEDGE_BUCKETS,
      registers,
    }),
    commitSeconds: new Histogram({
      name: `${PREFIX}commit_seconds`,
      help: "How long a commit of events took.",
      buckets: ACKNOWLEDGE_BUCKETS,
      registers,
    }),
    commitEvents: new Histogram({
      name: `${PREFIX}commit_events`,
      help: "How many events shared a commit.",
      buckets: EVENT_BUCKETS,
      registers,
    }),
    syncs: new Counter({
      name: `${PREFIX}syncs_total`,
      help: "Syncs, by how they ended.",
      labelNames: ["integration_id", "outcome"],
      registers,
    }),
    correctedStatuses: new Counter({
      name: `${PREFIX}corrected_statuses_total`,
      help: "Statuses that a listing had to correct.",
      labelNames: ["integration_id"],
      registers,
    }),
  };
}
