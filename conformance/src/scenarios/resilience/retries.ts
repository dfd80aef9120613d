import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import {
  findAttempts,
  findPublishedAttempts,
  isSameDelivery,
  selectSuccessful,
} from "../../evidence/match-deliveries.ts";
import { memberOf, objectOf, SMALLEST_ESTATE } from "../../evidence/read.ts";
import {
  type Behaviour,
  maxRetryWaitSeconds,
  type TriggeredChange,
} from "../../evidence/resilience-evidence.ts";
import { sleep } from "../../harness/clock.ts";
import {
  type AnswerProgramme,
  type ProgrammedAnswer,
  status,
  takeAll,
} from "../../harness/programmed-answer.ts";
import { endpointUrl, register } from "../events/endpoints.ts";
import { devicesApart } from "../events/sandbox-device.ts";
import { latencyOf, leaveAsFound, patienceOf } from "../events/status-change.ts";
import { CannotDriveError, type Drive, requireWebhooks, scenario } from "../scenario.ts";
import { changeAtOnce, publishAtOnce } from "./change-at-once.ts";

/** Waits for the end of the delivery that gets a slow response. */
export const slowAnswer = scenario(
  "slowAnswer",
  "Wait for the end of a slow response",
  ["retries"],
  async ({ retries }, { receiver, signal, clock, progress }) => {
    const { slowDestination, slowSeconds, hangingDestination = "", scheduleSeconds } = retries;
    const [first] = receiver.deliveriesTo(slowDestination);
    const since = first ? (clock.now() - Date.parse(first.receivedAt)) / 1000 : slowSeconds;
    const seconds = Math.max(0, slowSeconds - since) + 1;
    progress(`waiting ${Math.ceil(seconds)} s for a response that takes ${slowSeconds} s`);
    // This wait always takes its full time, because the sender must stay connected until the end.
    const never = () => false;
    await receiver.waitUntil(slowDestination, never, { seconds, signal });
    const hanging = hangingDestination === "" ? [] : receiver.deliveriesTo(hangingDestination);
    const [unanswered] = hanging;
    const isRetried = () =>
      hanging.some((other, index) => index > 0 && isSameDelivery(hanging[0] ?? other, other));
    if (unanswered) {
      const left = HANG_PATIENCE_SECONDS - (clock.now() - Date.parse(unanswered.receivedAt)) / 1000;
      progress("waiting for the retry of a delivery that got no answer");
      await receiver.waitUntil(hangingDestination, isRetried, {
        seconds: Math.max(0, left) + maxRetryWaitSeconds(scheduleSeconds[0] ?? 0),
        signal,
      });
    }
    return { slowSeconds, deliveries: [...receiver.deliveriesTo(slowDestination)], hanging: [...hanging] };
  },
);

/** The number of simultaneous failures that is enough to show whether their retries are spread out. */
const DEVICES = 8;
const MAX_REFUSALS = 3;
/** Time limit for the sum of the declared waits that refused attempts cause. */
const PATIENCE_SECONDS = 160;
/** Responses that are failures like any other. A vendor may soon give up after 400, 413 and 415 (DLV-011). */
const DENIALS = [401, 403, 404, 405, 408, 409, 422];
/** A vendor must wait 15 seconds for a response; the remaining half second is for the network. */
const SLOW_SECONDS = 14.5;
/** A vendor may wait this long for a response that never comes. */
const HANG_PATIENCE_SECONDS = 60;
/** An attempt that started before the 410 may still arrive. */
const GRACE_SECONDS = 1;

/** Returns the declared wait before each retry. @throws {CannotDriveError} if the manifest declares none */
export function scheduleOf(discovery: Evidence["discovery"]): readonly [number, ...number[]] {
  const declared = memberOf(objectOf(discovery.manifest), "webhooks")?.["retry_schedule_seconds"];
  const [first, ...others] = Array.isArray(declared)
    ? declared.filter((each) => typeof each === "number")
    : [];
  if (first !== undefined) return [first, ...others];
  throw new CannotDriveError("the manifest has no valid webhooks.retry_schedule_seconds; see MAN-001");
}

/** Returns how many attempts at a delivery to refuse: as many as the time limit allows, but at least one. */
function refusalsFor(schedule: readonly number[]): number {
  let seconds = 0;
  const fitting = schedule.slice(0, MAX_REFUSALS).findIndex((nominal) => {
    seconds += nominal * 1.5;
    return seconds > PATIENCE_SECONDS;
  });
  return Math.max(1, fitting === -1 ? Math.min(MAX_REFUSALS, schedule.length) : fitting);
}

const firstThenAccepted =
  (first: ReturnType<AnswerProgramme>): AnswerProgramme =>
  (attempt) =>
    attempt === 1 ? first : takeAll();

/**
 * Responds in one way to the first delivery, and in another way to all other deliveries. Default: accepts all
 * deliveries but the first.
 */
function once(first: ProgrammedAnswer, others: ProgrammedAnswer = takeAll()): AnswerProgramme {
  let isFirst = true;
  return () => {
    const answer = isFirst ? first : others;
    isFirst = false;
    return answer;
  };
}

/** Refuses the first attempt at each delivery. Each refusal uses the next status of the list. */
function denyInTurn(): AnswerProgramme {
  let denied = 0;
  return (attempt) => (attempt > 1 ? takeAll() : status(DENIALS[denied++ % DENIALS.length] ?? 401));
}

/** Changes devices while endpoints refuse, disconnect, redirect, rate-limit or are gone, and records the retries. */
export const retries = scenario(
  "retries",
  "Refuse deliveries and wait for the retries",
  ["discovery", "devices", "catalogue", "health"],
  async ({ discovery, devices, catalogue, health }, drive) => {
    requireWebhooks(health);
    const { receiver, signal, clock, progress } = drive;
    const scheduleSeconds = scheduleOf(discovery);
    const latencySeconds = latencyOf(discovery);
    const refusals = refusalsFor(scheduleSeconds);
    const [firstWait] = scheduleSeconds;
    // The response takes longer than the vendor's own wait, so that the two waits can be told apart.
    const retryAfterSeconds = Math.ceil(firstWait * 1.5) + 2;
    const chosen = devicesApart(discovery, devices, DEVICES + 1, drive.chance);
    const [one, ...others] = chosen;
    if (one === undefined || others.length === 0)
      throw new CannotDriveError(
        `the inventory has fewer than two online devices without devices behind them. ${SMALLEST_ESTATE}`,
      );

    const elsewhere = receiver.destination();
    const programmes: Record<Behaviour, AnswerProgramme> = {
      healthy: takeAll,
      accepting: () => status(202),
      refusing: (attempt) => (attempt <= refusals ? status(500) : takeAll()),
      cutting: firstThenAccepted({ kind: "reset" }),
      redirecting: firstThenAccepted({ kind: "redirect" }),
      busy: firstThenAccepted(status(429, retryAfterSeconds)),
      overloaded: firstThenAccepted(status(503, retryAfterSeconds)),
      denying: denyInTurn(),
      deleted: () => status(500),
      rotated: (attempt) => (attempt <= refusals ? status(500) : takeAll()),
      // When the receiver answers 410, a delivery that failed earlier is waiting for its retry.
      gone: once(status(500), status(410)),
    };
    const watch = async (programme: AnswerProgramme) => {
      const destination = receiver.destination(programme, elsewhere);
      return { destination, created: await register(discovery, destination, drive) };
    };
    const watched = await mapEach(programmes, watch);
    const slowDestination = receiver.destination(once({ kind: "slow", seconds: SLOW_SECONDS }));
    await register(discovery, slowDestination, drive);
    const hangingDestination = receiver.destination(once({ kind: "hang" }));
    await register(discovery, hangingDestination, drive);
    const deliveriesTo = (behaviour: Behaviour) => receiver.deliveriesTo(watched[behaviour].destination);

    const areBack = leaveAsFound(discovery, chosen, drive);
    const arrivals = drive.reports.watch();
    const changes = await changeAtOnce(discovery, others, 0, drive);
    const published = await publishAtOnce({ discovery, devices, catalogue }, drive);
    const successful = selectSuccessful(changes);
    const until = (behaviour: Behaviour, attempts: number, seconds: number) => {
      const { destination } = watched[behaviour];
      // The endpoints are new, and only a delivery with the same id or body is a retry.
      const isDone = () =>
        successful.every((change) => findAttempts(change, deliveriesTo(behaviour)).length >= attempts) &&
        published.every((each) => findPublishedAttempts(each, deliveriesTo(behaviour)).length >= attempts);
      return receiver.waitUntil(destination, isDone, { seconds, signal });
    };
    /** Makes a call about an endpoint after a delivery to it has failed, while the delivery waits for its retry. */
    async function callUnderRetry(
      behaviour: Behaviour,
      call: { readonly purpose: string; readonly method: "POST" | "DELETE"; readonly action?: string },
    ): Promise<Exchange | null> {
      const { destination, created } = watched[behaviour];
      const hasFailed = () => receiver.deliveriesTo(destination).length > 0;
      const { action, ...request } = call;
      const url = endpointUrl(discovery, created, action);
      if (url === null || !(await receiver.waitUntil(destination, hasFailed, { seconds: patience, signal })))
        return null;
      if (call.method === "DELETE") drive.reports.remove(destination);
      return drive.recorder.call({ ...request, url });
    }
    const goneAt = watched.gone.destination;
    const patience = patienceOf(discovery);
    const deletion = await callUnderRetry("deleted", {
      purpose: "delete an endpoint during its retries",
      method: "DELETE",
    });
    const rotation = await callUnderRetry("rotated", {
      purpose: "rotate a secret during retries",
      method: "POST",
      action: "/rotate-secret",
    });
    // All these endpoints are new, and nothing was on its way before. So any webhook can get the 410. A vendor
    // that delivers one after the other may first retry the delivery that failed.
    const isAnswered = () =>
      receiver.deliveriesTo(goneAt).some(({ answeredStatus }) => answeredStatus === 410);
    await receiver.waitUntil(goneAt, isAnswered, {
      seconds: patience + maxRetryWaitSeconds(firstWait),
      signal,
    });
    await sleep(clock, GRACE_SECONDS * 1000, signal);
    const laterArrivals = drive.reports.watch();
    const [laterChange] = (await changeAtOnce(discovery, [one], 0, drive)) as [TriggeredChange];

    const ofSchedule = scheduleSeconds.slice(0, refusals).map(maxRetryWaitSeconds);
    const longest = Math.max(
      ofSchedule.reduce((sum, seconds) => sum + seconds, 0),
      retryAfterSeconds + maxRetryWaitSeconds(firstWait),
    );
    progress(
      `deliveries were refused; waiting for the retries that the manifest declares (${scheduleSeconds.slice(0, refusals).join(", ")} s), up to ${Math.ceil(longest)} s`,
    );
    await Promise.all([
      arrivals.all(successful, patience),
      // The control: without this webhook at the healthy endpoint, the silence after the 410 proves nothing.
      laterArrivals.all(selectSuccessful([laterChange]), patience),
      until(
        "refusing",
        refusals + 1,
        ofSchedule.reduce((sum, seconds) => sum + seconds, 0),
      ),
      until("cutting", 2, maxRetryWaitSeconds(firstWait)),
      until("denying", 2, maxRetryWaitSeconds(firstWait)),
      until("redirecting", 2, maxRetryWaitSeconds(firstWait)),
      until("rotated", 2, maxRetryWaitSeconds(firstWait)),
      until("busy", 2, retryAfterSeconds + maxRetryWaitSeconds(firstWait)),
      until("overloaded", 2, retryAfterSeconds + maxRetryWaitSeconds(firstWait)),
    ]);
    const endpoints = await mapEach(watched, async ({ destination, created }) => ({
      created,
      deliveries: [...receiver.deliveriesTo(destination)],
    }));

    // Remove the endpoints, so that later events are not posted to them.
    await mapEach(watched, (endpoint) => remove(discovery, endpoint, drive));
    await changeAtOnce(discovery, chosen, 1, drive);
    areBack();
    return {
      scheduleSeconds,
      latencySeconds,
      refusals,
      retryAfterSeconds,
      changes,
      laterChange,
      published,
      deletion,
      rotation,
      endpoints,
      followed: [...receiver.deliveriesTo(elsewhere)],
      slowDestination,
      hangingDestination,
      slowSeconds: SLOW_SECONDS,
    };
  },
);

/** Applies a function to the value of each behaviour, concurrently. */
async function mapEach<From, To>(
  each: Readonly<Record<Behaviour, From>>,
  make: (from: From) => Promise<To>,
): Promise<Readonly<Record<Behaviour, To>>> {
  const entries = Object.entries(each).map(async ([name, from]) => [name, await make(from)] as const);
  return Object.fromEntries(await Promise.all(entries)) as Record<Behaviour, To>;
}

/** Removes an endpoint before the end of the run. */
export async function remove(
  discovery: Evidence["discovery"],
  { destination, created }: { readonly destination: string; readonly created: Exchange },
  { recorder, reports }: Drive,
): Promise<void> {
  const url = endpointUrl(discovery, created);
  reports.remove(destination);
  if (url) await recorder.call({ purpose: "remove the webhook endpoint", method: "DELETE", url });
}
