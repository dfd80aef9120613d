import { type Clock, sleep } from "../clock.ts";
import { DeliveryError } from "../errors.ts";
import { BATCH_MEDIA_TYPE, type Delivery, EVENT_MEDIA_TYPE } from "../http/attempt.ts";
import { batchBody } from "../rules/batch.ts";
import { afterAttempt, type Circuit } from "../rules/circuit.ts";
import { nextAttempt } from "../rules/next-attempt.ts";
import { describeOutcome, type Outcome } from "../rules/outcome.ts";
import { currentSecrets } from "../rules/signing-secrets.ts";
import type { DueDelivery, EndpointRow, Settled, Settlement } from "../store/store.ts";
import type { AttemptReport } from "./report.ts";
import type { WorkSettings } from "./settings.ts";

/** A delivery on its way to an endpoint. */
export interface Task {
  readonly endpoint: EndpointRow;
  readonly due: DueDelivery;
}

/** What came of it. Moments are Unix milliseconds. */
interface Attempted {
  readonly outcome: Outcome;
  readonly events: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What says nothing of a receiver: no file, buffer or port is left here. */
const OWN_TROUBLE = /^(?:EMFILE|ENFILE|ENOBUFS|ENOMEM|EADDRNOTAVAIL)$/;
const PAUSE_MS = 1_000;

/** Trying again at once would only add to the trouble. */
const pauseAfterTrouble = (clock: Clock, cut: AbortSignal): Promise<void> =>
  sleep(clock, PAUSE_MS, cut).catch(() => {});

const webhookId = (due: DueDelivery): string => due.batchId ?? due.eventId;

/**
 * Makes one attempt.
 *
 * @param cut ends it without outcome: then nothing is returned, and the delivery stays due as if it had not been tried
 */
export async function deliver(
  { endpoint, due }: Task,
  settings: WorkSettings,
  cut: AbortSignal,
): Promise<Attempted | undefined> {
  const { url, endpointId, secrets } = endpoint;
  const content = await bodyOf(due, settings.store).catch(async (error: unknown) => {
    // A database that is away for a moment is no outcome.
    settings.onError(error);
    await pauseAfterTrouble(settings.clock, cut);
  });
  // The endpoint was deleted, or registered anew: there is nothing to send any more.
  if (content === undefined) return undefined;
  const { body, contentType, events } = content;
  const startedAt = settings.clock.now();
  const current = currentSecrets(settings.box.open(secrets, endpointId), startedAt);
  const keys = [...current, ...settings.signingKeys];
  const delivery: Delivery = { url, id: webhookId(due), body, contentType, keys };
  try {
    const outcome = await settings.attempt(delivery, cut);
    if (outcome.kind === "failed" && OWN_TROUBLE.test(outcome.detail)) {
      settings.onError(
        new DeliveryError("out_of_resources", `This machine cannot connect: ${outcome.detail}.`),
      );
      await pauseAfterTrouble(settings.clock, cut);
      return undefined;
    }
    return { outcome, events, startedAt, endedAt: settings.clock.now() };
  } catch (error) {
    if (cut.aborted) return undefined;
    throw error;
  }
}

async function bodyOf(due: DueDelivery, store: WorkSettings["store"]) {
  if (due.batchId === null) return { body: due.body, contentType: EVENT_MEDIA_TYPE, events: 1 };
  const bodies = await store.batchBodies(due.batchId);
  if (bodies.length === 0) return undefined;
  return { body: batchBody(bodies), contentType: BATCH_MEDIA_TYPE, events: bodies.length };
}

/** Judges an attempt: what is to be written down of it, and what is told. */
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
  const circuit = afterAttempt(before, outcome, { startedAt, now: endedAt, probeScheduleSeconds, random });
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
      deliveryId: webhookId(due),
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
