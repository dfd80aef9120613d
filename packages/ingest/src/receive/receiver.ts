import { createGroupCommit } from "@convergint/internal/group-commit";
import type { BatchAnswer, Event } from "@convergint/schemas";
import type { FastifyBaseLogger } from "fastify";
import type { AcceptedEvent, EventOutcome } from "../domain/event.ts";
import type { Integration } from "../integrations/integration.ts";
import type { Integrations } from "../integrations/integrations.ts";
import type { Metrics } from "../observe/metrics.ts";
import { traced } from "../observe/traces.ts";
import type { Store } from "../store/store.ts";
import { StoreError } from "../store/store-error.ts";
import { type Accepted, acceptDelivery, type Delivery, refusedEvent } from "./accept.ts";
import { acceptEvent } from "./accept-event.ts";
import { COMMIT_LIMITS } from "./commit-limits.ts";
import { DeliveryRefusedError } from "./refusal.ts";
import { refusedDeliveries } from "./refused-deliveries.ts";
import { verifiers } from "./verifiers.ts";

/** Takes events in, whichever way they come. */
export interface Receiver {
  /**
   * Takes a delivery in, or keeps what was signed and is refused all the same. Resolves when it is durable.
   *
   * @returns what a batch is answered with; `null` for a single event
   * @throws {DeliveryRefusedError}, {QueueFullError}, {StoreError}
   */
  receive(delivery: Delivery, integration: Integration): Promise<BatchAnswer | null>;
  /**
   * Takes in events that were fetched, those among them that keep the contract.
   *
   * @returns how many nobody had known
   */
  backfill(integrationId: string, events: readonly Event[], receivedAt: Date): Promise<number>;
  /** How many events wait for a commit to begin. */
  depth(): number;
  drained(): Promise<void>;
}

const isFatal = (error: unknown): boolean => error instanceof StoreError && error.code === "store_gone";

const NO_SECRET = new DeliveryRefusedError(
  "wrong_signature",
  "This integration has no webhook secret that is current, so nothing can be verified.",
);

export function createReceiver({
  integrations,
  store,
  metrics,
  log,
}: {
  readonly integrations: Integrations;
  readonly store: Pick<Store, "events" | "refused" | "commitsAtOnce">;
  readonly metrics: Metrics;
  readonly log: FastifyBaseLogger;
}): Receiver {
  const group = createGroupCommit<AcceptedEvent, EventOutcome>({
    async commit(events) {
      const stop = metrics.commitSeconds.startTimer();
      const { outcomes, late } = await traced("commit", { "events.count": events.length }, () =>
        store.events.commit(events),
      );
      stop();
      metrics.commitEvents.observe(events.length);
      metrics.lateObservations.inc(late);
      return outcomes;
    },
    isFatal,
    maxConcurrent: store.commitsAtOnce,
    ...COMMIT_LIMITS,
  });
  const refused = refusedDeliveries(store, isFatal, log);
  const verifierOf = verifiers();

  /** Counters of each integration and outcome: to look one up by its labels costs as much as to parse an event. */
  const counters = new Map<string, { inc(times?: number): void }>();
  function count(integration_id: string, outcome: EventOutcome | "refused", times = 1): void {
    const key = `${outcome} ${integration_id}`;
    const counter = counters.get(key) ?? metrics.events.labels({ integration_id, outcome });
    counters.set(key, counter);
    counter.inc(times);
  }

  async function keep(event: AcceptedEvent): Promise<EventOutcome> {
    const outcome = await group.submit(event, event.body.length);
    count(event.integrationId, outcome);
    return outcome;
  }

  /** Verifies by the secrets at hand, then by those of this moment: another process may have rotated them. */
  async function accept(delivery: Delivery, integration: Integration): Promise<Accepted> {
    const verify = verifierOf(integration);
    try {
      if (!verify) throw NO_SECRET;
      return await acceptDelivery(delivery, verify);
    } catch (error) {
      if (!(error instanceof DeliveryRefusedError) || error.code !== "wrong_signature") throw error;
      const current = await integrations.refresh(integration.integrationId);
      const anew = current && current !== integration ? verifierOf(current) : null;
      if (!anew) throw error;
      return acceptDelivery(delivery, anew);
    }
  }

  /** Stores a batch's events; one that could not be stored is named, and loses no other. */
  async function storeBatch({ events, refused: bad }: Extract<Accepted, { kind: "batch" }>) {
    const settled = await Promise.allSettled(events.map(({ event }) => keep(event)));
    const failed = settled.flatMap((each, at) =>
      each.status === "rejected" ? [{ error: each.reason as unknown, index: events[at]?.index ?? at }] : [],
    );
    // Where nothing at all could be stored, the whole of it should come again.
    if (failed.length > 0 && failed.length === events.length) throw failed[0]?.error;
    const lost = failed.map(({ index }) =>
      refusedEvent(index, events.find((each) => each.index === index)?.event, "not_stored", "Send it again."),
    );
    return {
      accepted: events.length - failed.length,
      refused: [...bad, ...lost].sort((a, b) => a.index - b.index),
    };
  }

  async function receive(delivery: Delivery, integration: Integration): Promise<BatchAnswer | null> {
    const accepted = await accept(delivery, integration);
    if (accepted.kind === "event") {
      await keep(accepted.event);
      return null;
    }
    const [first] = accepted.refused;
    const { length } = accepted.refused;
    if (first) {
      count(delivery.integrationId, "refused", length);
      const message = `${length} of the batch's events were refused; number ${first.index}: ${first.detail}`;
      await refused.keep(delivery, { code: "invalid_event", message, status: 200, signed: true });
    }
    return storeBatch(accepted);
  }

  async function refuse(delivery: Delivery, error: DeliveryRefusedError, integration: Integration) {
    if (error.signed) await refused.keep(delivery, error);
    else refused.explain(delivery, error, integration);
  }

  return {
    receive: (delivery, integration) =>
      traced("receive", { "integration.id": delivery.integrationId }, async () => {
        try {
          return await receive(delivery, integration);
        } catch (error) {
          if (error instanceof DeliveryRefusedError) await refuse(delivery, error, integration);
          throw error;
        }
      }),
    async backfill(integrationId, events, receivedAt) {
      const accepted = events.flatMap((event) => {
        try {
          return [acceptEvent(event, JSON.stringify(event), { integrationId, receivedAt, byWebhook: false })];
        } catch (error) {
          if (!(error instanceof DeliveryRefusedError)) throw error;
          count(integrationId, "refused");
          return [];
        }
      });
      const outcomes = await Promise.all(accepted.map(keep));
      return outcomes.filter((outcome) => outcome !== "duplicate").length;
    },
    depth: () => group.depth(),
    async drained() {
      await refused.drained();
      await group.drained();
    },
  };
}
