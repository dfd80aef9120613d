import type { Delivery, Exchange } from "../../evidence/exchange.ts";
import {
  findAttempts,
  findPublishedAttempts,
  isSameDelivery,
  selectSuccessful,
} from "../../evidence/match-deliveries.ts";
import {
  type Behaviour,
  maxRetryWaitSeconds,
  type TriggeredChange,
} from "../../evidence/resilience-evidence.ts";
import { sleep } from "../../harness/clock.ts";
import type { AnswerProgramme } from "../../harness/programmed-answer.ts";
import type { WatchOptions } from "../../harness/watchers.ts";
import {
  acquireEndpoint,
  managesEndpoints,
  recordEndpoint,
  releaseEndpoint,
  usesHandRegistered,
} from "../events/acquire-endpoint.ts";
import { endpointUrl } from "../events/endpoints.ts";
import { leaveAsFound, patienceOf } from "../events/status-change.ts";
import { requireWebhooks, scenario } from "../scenario.ts";
import { changeAtOnce, publishAtOnce } from "./change-at-once.ts";
import {
  answerLate,
  answerNever,
  chooseDevices,
  HANG_PATIENCE_SECONDS,
  planRetries,
  programmesFor,
  SLOW_SECONDS,
} from "./receiver-behaviours.ts";
import { answerSlowlyByHand, CHANGES_BY_HAND, retryByHand } from "./retries-by-hand.ts";

/** How long a person may take for a change. */
const BY_HAND_SECONDS = 3600;
/** How long an attempt that started before a 410, or the end of a slow response, may still take to arrive. */
const GRACE_SECONDS = 1;

/** Waits for the end of the delivery that gets a slow response. */
export const slowAnswer = scenario(
  "slowAnswer",
  "Wait for the end of a slow response",
  ["discovery", "devices", "retries"],
  async ({ discovery, devices, retries }, drive) => {
    if (usesHandRegistered(discovery, drive)) return answerSlowlyByHand(discovery, devices, drive);
    // The slow delivery and the unanswered one have begun. The endpoints accept the deliveries of later events
    // immediately, and no such delivery can be mistaken for a retry of these two.
    drive.letOthersBegin?.();
    const { receiver, signal, clock, progress } = drive;
    const { slowDestination, slowSeconds, hangingDestination = "", scheduleSeconds } = retries;
    const [first] = receiver.deliveriesTo(slowDestination);
    const since = first ? (clock.now() - Date.parse(first.receivedAt)) / 1000 : slowSeconds;
    const seconds = Math.max(0, slowSeconds + GRACE_SECONDS - since);
    if (seconds > 0) progress(`waiting ${Math.ceil(seconds)} s for a response that takes ${slowSeconds} s`);
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
    // The events of later scenarios arrived here too, and are recorded elsewhere.
    const keepAttempts = (deliveries: readonly Delivery[]) =>
      deliveries.filter((each, index) => index === 0 || isSameDelivery(deliveries[0] ?? each, each));
    return {
      slowSeconds,
      deliveries: keepAttempts(receiver.deliveriesTo(slowDestination)),
      hanging: keepAttempts(hanging),
    };
  },
  { byHand: ({ discovery }) => (managesEndpoints(discovery) ? 0 : 2) },
);

/** Changes devices while endpoints refuse, disconnect, redirect, rate-limit or are gone, and records the retries. */
export const retries = scenario(
  "retries",
  "Refuse deliveries and wait for the retries",
  ["discovery", "devices", "catalogue", "health"],
  async ({ discovery, devices, catalogue, health }, drive) => {
    requireWebhooks(health);
    const { receiver, signal, clock, progress } = drive;
    if (usesHandRegistered(discovery, drive)) return retryByHand({ discovery, devices, catalogue }, drive);
    const plan = planRetries(discovery);
    const { scheduleSeconds, latencySeconds, refusals, retryAfterSeconds } = plan;
    const [firstWait] = scheduleSeconds;
    const chosen = chooseDevices(discovery, devices, drive);
    const [one, ...others] = chosen;

    const elsewhere = receiver.destination();
    const watch = (programme: AnswerProgramme) =>
      acquireEndpoint(discovery, drive, { programme, redirectTo: elsewhere });
    const watched = await mapEach(programmesFor(plan), watch);
    const { destination: slowDestination } = await acquireEndpoint(discovery, drive, {
      programme: answerLate(),
    });
    const { destination: hangingDestination } = await acquireEndpoint(discovery, drive, {
      programme: answerNever(),
    });
    const patience = patienceOf(discovery);
    /** Makes a call about an endpoint after a delivery to it has failed, while the delivery waits for its retry. */
    async function callUnderRetry(
      behaviour: Behaviour,
      call: { readonly purpose: string; readonly method: "POST" | "DELETE"; readonly action?: string },
      wait: WatchOptions,
    ): Promise<Exchange | null> {
      const { destination, created } = watched[behaviour];
      const hasFailed = () => receiver.deliveriesTo(destination).length > 0;
      const { action, ...request } = call;
      const url = created ? endpointUrl(discovery, created, action) : null;
      if (url === null || !(await receiver.waitUntil(destination, hasFailed, wait))) return null;
      if (call.method === "DELETE") drive.reports.remove(destination);
      return drive.recorder.call({ ...request, url });
    }
    const callBoth = async (wait: WatchOptions) => {
      const deleting = { purpose: "delete an endpoint during its retries", method: "DELETE" } as const;
      const rotating = { purpose: "rotate a secret during retries", method: "POST" } as const;
      return {
        deletion: await callUnderRetry("deleted", deleting, wait),
        rotation: await callUnderRetry("rotated", { ...rotating, action: "/rotate-secret" }, wait),
      };
    };
    const deliveriesTo = (behaviour: Behaviour) => receiver.deliveriesTo(watched[behaviour].destination);

    const areBack = leaveAsFound(discovery, chosen, drive);
    const arrivals = drive.reports.watch();
    const over = new AbortController();
    // A person may confirm a change long after it was made. By then, no delivery might wait for its retry.
    const early = drive.person
      ? callBoth({ seconds: BY_HAND_SECONDS, signal: AbortSignal.any([signal, over.signal]) })
      : null;
    early?.catch(() => {});
    const changes = await changeAtOnce(discovery, others, 0, drive).catch((error: unknown) => {
      over.abort();
      throw error;
    });
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
    const goneAt = watched.gone.destination;
    const stopTimer = clock.setTimer(() => over.abort(), 2 * patience * 1000);
    const none = { deletion: null, rotation: null };
    const { deletion, rotation } = await (early?.catch(() => none) ??
      callBoth({ seconds: patience, signal }));
    stopTimer();
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
    const [laterChange] = (await changeAtOnce(discovery, [one], drive.person ? 1 : 0, drive)) as [
      TriggeredChange,
    ];

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
    const endpoints = await mapEach(watched, async (endpoint) => recordEndpoint(endpoint, drive));

    // Remove the endpoints, so that later events are not posted to them.
    await mapEach(watched, (endpoint) => releaseEndpoint(discovery, endpoint, drive));
    if (!drive.person) await changeAtOnce(discovery, chosen, 1, drive);
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
  // An endpoint that was registered by hand fails in one way after the other.
  { byHand: ({ discovery }) => (managesEndpoints(discovery) ? 2 : CHANGES_BY_HAND) },
);

/** Applies a function to the value of each behaviour, concurrently. */
async function mapEach<From, To>(
  each: Readonly<Record<Behaviour, From>>,
  make: (from: From) => Promise<To>,
): Promise<Readonly<Record<Behaviour, To>>> {
  const entries = Object.entries(each).map(async ([name, from]) => [name, await make(from)] as const);
  return Object.fromEntries(await Promise.all(entries)) as Record<Behaviour, To>;
}
