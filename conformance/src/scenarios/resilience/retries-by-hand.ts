import type { Evidence } from "../../evidence/evidence.ts";
import type { Delivery } from "../../evidence/exchange.ts";
import {
  findAttempts,
  findPublishedAttempts,
  isSameDelivery,
  selectSuccessful,
} from "../../evidence/match-deliveries.ts";
import { isSuccess } from "../../evidence/read.ts";
import {
  type Behaviour,
  maxRetryWaitSeconds,
  type TriggeredChange,
  type WatchedEndpoint,
} from "../../evidence/resilience-evidence.ts";
import {
  type AcquiredEndpoint,
  acquireEndpoint,
  recordEndpoint,
  releaseEndpoint,
} from "../events/acquire-endpoint.ts";
import type { SandboxDevice } from "../events/sandbox-device.ts";
import { leaveAsFound, patienceOf } from "../events/status-change.ts";
import type { Drive } from "../scenario.ts";
import { changeAtOnce, publishAtOnce } from "./change-at-once.ts";
import {
  answerLate,
  answerNever,
  chooseDevices,
  HANG_PATIENCE_SECONDS,
  PAUSE_SECONDS,
  planRetries,
  programmesFor,
  type RetryPlan,
  SLOW_SECONDS,
} from "./receiver-behaviours.ts";

/**
 * The behaviours of an endpoint that was registered by hand, in order. It never answers 410, because the vendor would
 * post nothing there again. It cannot be deleted, and its secret cannot be rotated. It accepts first, so that an
 * accepted delivery that is wrongly sent again arrives during a later behaviour.
 */
const IN_TURN = ["accepting", "refusing", "cutting", "redirecting", "busy", "overloaded", "denying"] as const;

/** How many changes `retryByHand` asks a person for: one for each behaviour, in pairs, and two while an endpoint is silent. */
export const CHANGES_BY_HAND = 2 * Math.ceil(IN_TURN.length / 2) + 2;

/** How much longer than the latency one endpoint is silent while the other misses an event. */
const SILENT_SECONDS = 20;

type During = NonNullable<WatchedEndpoint["during"]>;

const isTaken = ({ answeredStatus }: Delivery): boolean =>
  answeredStatus !== null && answeredStatus >= 200 && answeredStatus < 300;

/** Waits until the endpoint has accepted every delivery that it had refused, so that the vendor continues to post to it. */
async function waitUntilRecovered(
  { destination }: AcquiredEndpoint,
  { scheduleSeconds }: Pick<RetryPlan, "scheduleSeconds">,
  { receiver, signal }: Drive,
): Promise<void> {
  const deliveries = receiver.deliveriesTo(destination);
  const isRecovered = () =>
    deliveries.every(
      (each) => isTaken(each) || deliveries.some((other) => isTaken(other) && isSameDelivery(each, other)),
    );
  const seconds = maxRetryWaitSeconds(scheduleSeconds[0]) + PAUSE_SECONDS;
  await receiver.waitUntil(destination, isRecovered, { seconds, signal });
}

/** Returns how long the retries of a behaviour may take. */
function retrySeconds(
  behaviour: Behaviour,
  { scheduleSeconds, refusals, retryAfterSeconds }: RetryPlan,
): number {
  const first = maxRetryWaitSeconds(scheduleSeconds[0]);
  if (behaviour === "busy" || behaviour === "overloaded") return retryAfterSeconds + first;
  if (behaviour !== "refusing") return first;
  return scheduleSeconds.slice(0, refusals).reduce((sum, seconds) => sum + maxRetryWaitSeconds(seconds), 0);
}

/** Returns the number of attempts at each delivery to wait for. */
function attemptsOf(behaviour: Behaviour, { refusals }: RetryPlan): number {
  if (behaviour === "accepting") return 1;
  return behaviour === "refusing" ? refusals + 1 : 2;
}

/** Changes devices while one endpoint does not answer, to see whether the other gets its events in time. */
async function changeWhileSilent(
  discovery: Evidence["discovery"],
  [one, ...others]: readonly [SandboxDevice, ...SandboxDevice[]],
  plan: RetryPlan,
  drive: Drive,
): Promise<Pick<Evidence["retries"], "changes" | "laterChange">> {
  const silent = await acquireEndpoint(discovery, drive, { programme: () => ({ kind: "hang" }) });
  const watch = drive.reports.watch();
  const changes = await changeAtOnce(discovery, others, 0, drive);
  // A person has only one device, and changes it back.
  const later = await changeAtOnce(discovery, [one], drive.person ? 1 : 0, drive);
  // Longer than the latency: events that come only when the endpoint is no longer silent are late.
  await watch.all(selectSuccessful([...changes, ...later]), patienceOf(discovery) + SILENT_SECONDS);
  await releaseEndpoint(discovery, silent, drive);
  await waitUntilRecovered(silent, plan, drive);
  if (!drive.person) await changeAtOnce(discovery, [one, ...others], 1, drive);
  return { changes, laterChange: later[0] as TriggeredChange };
}

/**
 * Lets an endpoint that was registered by hand fail in one way after the other, changes devices each time, and records the
 * retries. If there is a second endpoint, it accepts everything in the meantime.
 */
export async function retryByHand(
  { discovery, devices, catalogue }: Pick<Evidence, "discovery" | "devices" | "catalogue">,
  drive: Drive,
): Promise<Evidence["retries"]> {
  const { receiver, signal, progress } = drive;
  const plan = planRetries(discovery);
  const programmes = programmesFor(plan);
  const chosen = chooseDevices(discovery, devices, drive);
  const [, ...others] = chosen;
  const areBack = leaveAsFound(discovery, chosen, drive);
  const elsewhere = receiver.destination();
  const healthy = await acquireEndpoint(discovery, drive, { lend: "first" });
  const patience = patienceOf(discovery);
  const changed = await changeWhileSilent(discovery, chosen, plan, drive);
  const behaved: { behaviour: Behaviour; endpoint: AcquiredEndpoint; during: During }[] = [];
  let step: 0 | 1 = 0;
  for (const behaviour of IN_TURN) {
    const seconds = retrySeconds(behaviour, plan);
    progress(`the endpoint is ${behaviour}; waiting up to ${Math.ceil(patience + seconds)} s for retries`);
    const endpoint = await acquireEndpoint(discovery, drive, {
      programme: programmes[behaviour],
      redirectTo: elsewhere,
    });
    const changes = await changeAtOnce(discovery, others, step, drive);
    const published =
      behaviour === "refusing" ? await publishAtOnce({ discovery, devices, catalogue }, drive) : [];
    const deliveries = receiver.deliveriesTo(endpoint.destination);
    const attempts = attemptsOf(behaviour, plan);
    const isDone = () =>
      selectSuccessful(changes).every((change) => findAttempts(change, deliveries).length >= attempts) &&
      published.every((event) => findPublishedAttempts(event, deliveries).length >= attempts);
    await receiver.waitUntil(endpoint.destination, isDone, { seconds: patience + seconds, signal });
    await waitUntilRecovered(endpoint, plan, drive);
    await releaseEndpoint(discovery, endpoint, drive);
    behaved.push({ behaviour, endpoint, during: { changes, published } });
    step = step === 0 ? 1 : 0;
  }
  if (step === 1) await changeAtOnce(discovery, others, 1, drive);
  areBack();

  const unused: WatchedEndpoint = { deliveries: [] };
  const endpoints = Object.fromEntries(
    Object.keys(programmes).map((name) => {
      const found = behaved.find(({ behaviour }) => behaviour === name);
      return [name, found ? { ...recordEndpoint(found.endpoint, drive), during: found.during } : unused];
    }),
  ) as Evidence["retries"]["endpoints"];
  return {
    ...plan,
    ...changed,
    deletion: null,
    rotation: null,
    endpoints: { ...endpoints, healthy: recordEndpoint(healthy, drive) },
    followed: [...receiver.deliveriesTo(elsewhere)],
    slowDestination: healthy.destination,
    slowSeconds: SLOW_SECONDS,
  };
}

/** Changes a device while the endpoint answers late, and changes it back while the endpoint does not answer. */
export async function answerSlowlyByHand(
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
  drive: Drive,
): Promise<Evidence["slowAnswer"]> {
  const { receiver, signal, progress } = drive;
  const plan = planRetries(discovery);
  const [one] = chooseDevices(discovery, devices, drive);
  const isBack = leaveAsFound(discovery, [one], drive);
  const patience = patienceOf(discovery);
  const never = () => false;

  const late = await acquireEndpoint(discovery, drive, { programme: answerLate() });
  const lateDeliveries = receiver.deliveriesTo(late.destination);
  await changeAtOnce(discovery, [one], 0, drive);
  await receiver.waitUntil(late.destination, () => lateDeliveries.length > 0, { seconds: patience, signal });
  progress(`waiting ${Math.ceil(SLOW_SECONDS)} s for a response that takes ${SLOW_SECONDS} s`);
  // This wait always takes its full time, because the sender must stay connected until the end.
  await receiver.waitUntil(late.destination, never, { seconds: SLOW_SECONDS + 1, signal });
  const deliveries = [...lateDeliveries];
  await waitUntilRecovered(late, plan, drive);
  await releaseEndpoint(discovery, late, drive);

  const silent = await acquireEndpoint(discovery, drive, { programme: answerNever() });
  const hanging = receiver.deliveriesTo(silent.destination);
  const [restored] = await changeAtOnce(discovery, [one], 1, drive);
  isBack();
  if (restored && isSuccess(restored.command)) {
    progress("waiting for the retry of a delivery that got no answer");
    const isRetried = () =>
      hanging.some((other, index) => index > 0 && isSameDelivery(hanging[0] ?? other, other));
    await receiver.waitUntil(silent.destination, isRetried, {
      seconds: patience + HANG_PATIENCE_SECONDS + maxRetryWaitSeconds(plan.scheduleSeconds[0]),
      signal,
    });
  }
  const recorded = [...hanging];
  // Cuts a connection that the vendor still keeps open, and waits for the retry.
  await releaseEndpoint(discovery, silent, drive);
  await waitUntilRecovered(silent, plan, drive);
  return { slowSeconds: SLOW_SECONDS, deliveries, hanging: recorded };
}
