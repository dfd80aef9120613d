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
  const { body, contentType, events } = await bodyOf(due, settings.store);
  const startedAt = settings.now();
  const current = currentSecrets(settings.box.open(secrets, endpointId), startedAt);
  const keys = [...current, ...settings.signingKeys];
  const delivery: Delivery = { url, id: webhookId(due), body, contentType, keys };
  try {
    const outcome = await settings.attempt(delivery, cut);
    return { outcome, events, startedAt, endedAt: settings.now() };
  } catch (error) {
    if (cut.aborted) return undefined;
    throw error;
  }
}

async function bodyOf(due: DueDelivery, store: WorkSettings["store"]) {
  if (due.batchId === null) return { body: due.body, contentType: EVENT_MEDIA_TYPE, events: 1 };
  const bodies = await store.batchBodies(due.batchId);
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
