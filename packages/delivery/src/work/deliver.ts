import { type Clock, sleep } from "../clock.ts";
import { DeliveryError } from "../errors.ts";
import { BATCH_MEDIA_TYPE, EVENT_MEDIA_TYPE } from "../http/attempt.ts";
import { joinBatch } from "../rules/batch.ts";
import { type Circuit, updateCircuit } from "../rules/circuit.ts";
import { nextAttempt } from "../rules/next-attempt.ts";
import { describeOutcome, type Outcome } from "../rules/outcome.ts";
import type { createEndpointSigner } from "../rules/signing-secrets.ts";
import type { DueDelivery, EndpointRow, Settled, Settlement } from "../store/store.ts";
import type { AttemptReport, WorkSettings } from "./settings.ts";

/** A delivery and its endpoint. */
export interface Task {
  readonly endpoint: EndpointRow;
  readonly due: DueDelivery;
}

/** A finished attempt. Times are Unix milliseconds. */
interface Attempted {
  readonly outcome: Outcome;
  readonly events: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Errors of this machine, not of the receiver: the machine has run out of file descriptors, buffers or ports.
 */
const LOCAL_FAILURE = /^(?:EMFILE|ENFILE|ENOBUFS|ENOMEM|EADDRNOTAVAIL)$/;
const PAUSE_MS = 1_000;

/** Pauses before the next attempt, because an immediate attempt would add to the load. */
const pauseAfterFailure = (clock: Clock, cut: AbortSignal): Promise<void> =>
  sleep(clock, PAUSE_MS, cut).catch(() => {});

const toWebhookId = (due: DueDelivery): string => due.batchId ?? due.eventId;

/**
 * Makes one attempt.
 *
 * @param cut aborts the attempt without an outcome: `deliver` then returns `undefined`, and the
 *   delivery stays due as if it had not been tried
 */
export async function deliver(
  { endpoint, due }: Task,
  signerOf: ReturnType<typeof createEndpointSigner>,
  settings: WorkSettings,
  cut: AbortSignal,
): Promise<Attempted | undefined> {
  const { url, secrets } = endpoint;
  const content = await readContent(due, settings.store).catch(async (error: unknown) => {
    // An unavailable database is not an outcome of the delivery, so nothing is stored.
    settings.onError(error);
    await pauseAfterFailure(settings.clock, cut);
  });
  // The delivery could not be read, or the endpoint was deleted or registered again. There is nothing to
  // send.
  if (content === undefined) return undefined;
  const { body, contentType, events } = content;
  const startedAt = settings.clock.now();
  const sign = signerOf(secrets, startedAt);
  const delivery = { url, id: toWebhookId(due), body, contentType, sign };
  try {
    const outcome = await settings.attempt(delivery, cut);
    if (outcome.kind === "failed" && LOCAL_FAILURE.test(outcome.detail)) {
      settings.onError(
        new DeliveryError(
          "out_of_resources",
          `This machine has no resources left for a connection: ${outcome.detail}.`,
        ),
      );
      await pauseAfterFailure(settings.clock, cut);
      return undefined;
    }
    return { outcome, events, startedAt, endedAt: settings.clock.now() };
  } catch (error) {
    if (cut.aborted) return undefined;
    throw error;
  }
}

async function readContent(due: DueDelivery, store: WorkSettings["store"]) {
  if (due.batchId === null) return { body: due.body, contentType: EVENT_MEDIA_TYPE, events: 1 };
  const bodies = await store.batchBodies(due.batchId);
  if (bodies.length === 0) return undefined;
  return { body: joinBatch(bodies), contentType: BATCH_MEDIA_TYPE, events: bodies.length };
}

/** Decides what to store and what to report about an attempt. */
export function judge(
  { endpoint, due }: Task,
  { outcome, events, startedAt, endedAt }: Attempted,
  before: Circuit,
  settings: WorkSettings,
): { readonly settlement: Settlement; readonly report: AttemptReport } {
  const { worker, retryScheduleSeconds, probeScheduleSeconds } = settings;
  const attempts = due.attempts + 1;
  const next = nextAttempt(outcome, { attempts, scheduleSeconds: retryScheduleSeconds });
  const random = Math.random();
  const circuit = updateCircuit(before, outcome, { startedAt, now: endedAt, probeScheduleSeconds, random });
  const failure = describeOutcome(outcome);
  const settled: Settled =
    next.kind === "retry"
      ? { kind: "retry", dueAt: Math.ceil(endedAt + next.waitSeconds * 1000), failure }
      : { kind: next.kind, failure };
  return {
    settlement: {
      worker,
      endpointId: endpoint.endpointId,
      registeredAt: endpoint.registeredAt,
      deliveryId: due.deliveryId,
      batchId: due.batchId,
      attempts,
      settled,
      circuit,
      now: endedAt,
    },
    report: {
      endpointId: endpoint.endpointId,
      deliveryId: toWebhookId(due),
      events,
      attempts,
      outcome,
      next: next.kind,
      ...(settled.kind === "retry" && { retryAt: new Date(settled.dueAt) }),
      seconds: (endedAt - startedAt) / 1000,
      circuitOpen: circuit.probeAt > 0,
    },
  };
}
