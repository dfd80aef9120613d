import { toShownText } from "@convergint/internal/printable";
import type { BatchAnswer, Event } from "@convergint/schemas";
import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../clock.ts";
import { describeFault, type Fault } from "../domain/fault.ts";
import type { Integration } from "../integrations/integration.ts";
import type { Integrations } from "../integrations/integrations.ts";
import { getReader } from "../integrations/profile.ts";
import type { Report } from "../maintain/database-state.ts";
import type { Metrics } from "../observe/metrics.ts";
import { traced } from "../observe/traces.ts";
import { isOutage, type Store } from "../store/store.ts";
import { type Accepted, createRefusedEvent, type Delivery } from "./accept.ts";
import { acceptEvent } from "./accept-event.ts";
import { EventWriter } from "./event-writer.ts";
import { DeliveryRefusedError } from "./refusal.ts";
import { createRefusedDeliveries, type RefusedDeliveries } from "./refused-deliveries.ts";
import { createAcceptorCache } from "./verifiers.ts";

const NO_SECRET = new DeliveryRefusedError(
  "wrong_signature",
  "This integration has no current webhook secret, so no delivery can be verified.",
);

/** The fault of a fetched event that was refused. */
const toRefusedFault = (id: string, { message }: DeliveryRefusedError): Fault => ({
  record: "event",
  id: toShownText(id),
  pointer: "",
  message: toShownText(message),
  requirement: null,
  value: "(the event)",
  setAside: true,
});

/** Removes the members that the profile declares secret from a body that people will be able to read. */
function withoutSecrets(delivery: Delivery, { profile }: Integration): Delivery {
  if (!profile) return delivery;
  return { ...delivery, body: Buffer.from(getReader(profile).redact(delivery.body)) };
}

/** The dependencies of a receiver. */
export interface ReceiverParts {
  readonly integrations: Integrations;
  readonly store: Pick<Store, "events" | "refused" | "devices" | "commitsAtOnce">;
  readonly metrics: Metrics;
  readonly log: FastifyBaseLogger;
  readonly report: Report;
  readonly clock: Clock;
}

/** Accepts events, both delivered and fetched, and stores them. */
export class Receiver {
  readonly #integrations: Integrations;
  readonly #writer: EventWriter;
  readonly #refused: RefusedDeliveries;
  readonly #metrics: Metrics;
  readonly #getAcceptor: ReturnType<typeof createAcceptorCache>;

  constructor({ integrations, store, metrics, log, report, clock }: ReceiverParts) {
    this.#integrations = integrations;
    this.#metrics = metrics;
    this.#getAcceptor = createAcceptorCache(store.devices);
    this.#writer = new EventWriter(store, metrics, isOutage);
    this.#refused = createRefusedDeliveries(store, isOutage, log, report, clock);
  }

  /**
   * Accepts a delivery and stores its events. A refused delivery is recorded instead. Settles after the events
   * or the record are durable.
   *
   * @returns the answer to a batch; `null` for a single event
   * @throws {DeliveryRefusedError}, {QueueFullError}, {StoreError}
   */
  receive(delivery: Delivery, integration: Integration): Promise<BatchAnswer | null> {
    return traced("receive", { "integration.id": delivery.integrationId }, async () => {
      try {
        return await this.#store(delivery, await this.#accept(delivery, integration), integration);
      } catch (error) {
        if (error instanceof DeliveryRefusedError)
          await this.#refuse(withoutSecrets(delivery, integration), error, integration);
        throw error;
      }
    });
  }

  /**
   * Stores fetched events, except those that violate the contract.
   *
   * @param onFault receives what is wrong with an event
   * @returns how many of the events were new
   */
  async backfill(
    integrationId: string,
    events: readonly Event[],
    receivedAt: Date,
    onFault: (fault: Fault) => void,
  ): Promise<number> {
    const arrival = { integrationId, receivedAt, byWebhook: false };
    const accepted = events.flatMap((event) => {
      try {
        const { event: each, faults } = acceptEvent(event, JSON.stringify(event), arrival);
        for (const fault of faults) onFault(fault);
        return [each];
      } catch (error) {
        if (!(error instanceof DeliveryRefusedError)) throw error;
        this.#writer.count(integrationId, "refused");
        onFault(toRefusedFault(event.id, error));
        return [];
      }
    });
    const outcomes = await Promise.all(accepted.map((event) => this.#writer.write(event)));
    return outcomes.filter((outcome) => outcome !== "duplicate").length;
  }

  /** How many events wait for a commit to start. */
  depth(): number {
    return this.#writer.depth();
  }

  /** Resolves when nothing is waiting to be stored. */
  async drained(): Promise<void> {
    await this.#refused.drained();
    await this.#writer.drained();
  }

  /**
   * Verifies with the cached secrets, then with the stored secrets, because another process may have rotated
   * them.
   */
  async #accept(delivery: Delivery, integration: Integration): Promise<Accepted> {
    const { receivedAt } = delivery;
    const accept = this.#getAcceptor(integration, receivedAt);
    try {
      if (!accept) throw NO_SECRET;
      return await accept(delivery);
    } catch (error) {
      if (!(error instanceof DeliveryRefusedError) || error.code !== "wrong_signature") throw error;
      const stored = await this.#integrations.refresh(integration.integrationId);
      const acceptAgain = stored && stored !== integration ? this.#getAcceptor(stored, receivedAt) : null;
      if (!acceptAgain) throw error;
      return acceptAgain(delivery);
    }
  }

  async #store(
    delivery: Delivery,
    accepted: Accepted,
    integration: Integration,
  ): Promise<BatchAnswer | null> {
    if (accepted.kind === "event") {
      await this.#writer.write(accepted.event);
      this.#reportFaults(delivery, accepted.faults, 204);
      return null;
    }
    if (accepted.kind === "mapped") {
      await this.#storeMapped(delivery, accepted, integration);
      return null;
    }
    const [first] = accepted.refused;
    const { length } = accepted.refused;
    if (first) {
      this.#writer.count(delivery.integrationId, "refused", length);
      const message = `${length} events of the batch were refused. The first refused event has the index ${first.index}: ${first.detail}`;
      await this.#refused.record(delivery, { code: "invalid_event", message, status: 200, signed: true });
    }
    const answer = await storeBatch(accepted, this.#writer);
    this.#reportFaults(delivery, accepted.faults, 200);
    return answer;
  }

  /** Stores what a profile made of a delivery. If one event cannot be stored, the vendor must send all of them again. */
  async #storeMapped(
    delivery: Delivery,
    { events, refused, faults, unmapped }: Extract<Accepted, { kind: "mapped" }>,
    integration: Integration,
  ): Promise<void> {
    const { integrationId } = delivery;
    const [first] = refused;
    if (first) {
      this.#writer.count(integrationId, "refused", refused.length);
      const message = `The profile could not map ${refused.length} of the events: ${describeFault(first)}.`;
      const refusal = { code: "invalid_event", message, status: 204, signed: true } as const;
      await this.#refused.record(withoutSecrets(delivery, integration), refusal);
    }
    await Promise.all(events.map((event) => this.#writer.write(event)));
    if (unmapped.length > 0) {
      this.#writer.count(integrationId, "unmapped", unmapped.length);
      this.#refused.reportUnmapped(withoutSecrets(delivery, integration), unmapped);
    }
    if (faults.length > 0) this.#reportFaults(withoutSecrets(delivery, integration), faults, 204);
  }

  #reportFaults(delivery: Delivery, faults: readonly Fault[], status: number): void {
    if (faults.length === 0) return;
    const { integrationId: integration_id } = delivery;
    this.#metrics.faults.inc({ integration_id, source: "webhook", effect: "dropped" }, faults.length);
    this.#refused.reportFaults(delivery, faults, status);
  }

  async #refuse(delivery: Delivery, error: DeliveryRefusedError, integration: Integration): Promise<void> {
    if (error.signed) await this.#refused.record(delivery, error);
    else this.#refused.diagnose(delivery, error, integration);
  }
}

/**
 * Stores the valid events of a batch. If one event cannot be stored, only that event is refused.
 *
 * @returns the answer, with every refused event in the order of the batch
 * @throws {QueueFullError}, {StoreError} if none of the events could be stored: the sender should retry the
 *   whole batch
 */
async function storeBatch(
  { events, refused }: Extract<Accepted, { kind: "batch" }>,
  writer: EventWriter,
): Promise<BatchAnswer> {
  const settled = await Promise.allSettled(events.map(({ event }) => writer.write(event)));
  const failed = settled.flatMap((each, at) =>
    each.status === "rejected" ? [{ error: each.reason as unknown, index: events[at]?.index ?? at }] : [],
  );
  if (failed.length > 0 && failed.length === events.length) throw failed[0]?.error;
  const notStored = failed.map(({ index }) => {
    const event = events.find((each) => each.index === index)?.event;
    return createRefusedEvent(
      index,
      event,
      "not_stored",
      "The server could not store this event. Send the event again.",
    );
  });
  return {
    accepted: events.length - failed.length,
    refused: [...refused, ...notStored].sort((a, b) => a.index - b.index),
  };
}
