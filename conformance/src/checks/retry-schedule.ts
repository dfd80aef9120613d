import type { Evidence } from "../evidence/evidence.ts";
import { isBatch } from "../evidence/read.ts";
import { maxRetryWaitSeconds } from "../evidence/resilience-evidence.ts";
import { check } from "./check.ts";
import { type Attempts, findAttemptsBy, waitsOf } from "./delivery-attempts.ts";
import {
  type Finding,
  judgeEach,
  judgeMixed,
  NO_WEBHOOK,
  type Problem,
  show,
  withUnseen,
} from "./finding.ts";

type Retries = Evidence["retries"];

const MAX_FIRST_WAIT_SECONDS = 60;
const DAY_SECONDS = 24 * 3600;
/**
 * With full jitter, the mean wait is half the nominal wait. The check fails if the mean of many waits is
 * below this share of the nominal wait.
 */
const MIN_SHARE = 0.2;
/** A schedule with a smaller factor grows linearly, not exponentially. */
const MIN_GROWTH = 1.4;
/** Waits that differ by less than this share of the longest wait do not vary at random. */
const MIN_SPREAD = 0.03;
const MIN_DELIVERIES = 5;
/**
 * The lower threshold for few deliveries. With this threshold, the suite overlooks jitter in only about one
 * of a hundred runs.
 */
const MIN_SPREAD_OF_FEW = 0.01;
const MIN_COMPARED = 3;
const SOON =
  "Send the first retry within a minute. Most receivers that fail are only restarting, and no status reaches them before the retry.";

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Returns what is wrong with the declared schedule; `null` if nothing is wrong. */
function findScheduleProblem(schedule: readonly number[]): Problem | null {
  const where = "/webhooks/retry_schedule_seconds";
  const [first = 0] = schedule;
  if (first > MAX_FIRST_WAIT_SECONDS)
    return {
      where: `${where}/0`,
      expected: "at most 60, for the first retry",
      actual: show(first),
      hint: SOON,
    };
  const shorter = schedule.findIndex((wait, index) => index > 0 && wait < (schedule[index - 1] ?? 0));
  if (shorter !== -1 || (schedule.length > 1 && schedule.at(-1) === first)) {
    return {
      where: shorter === -1 ? where : `${where}/${shorter}`,
      expected:
        "waits in seconds that increase from retry to retry, such as 5, 30, 300, 1800, 7200, 14400, 28800, 36000",
      actual: show(schedule),
      hint: "Wait longer after each failure, and declare those waits. A restarting receiver is back in seconds. A receiver that is down for hours should not get a request every minute.",
    };
  }
  const total = sum(schedule);
  return total >= DAY_SECONDS
    ? null
    : {
        where,
        expected: "waits that add up to at least 24 hours",
        actual: `${(total / 3600).toFixed(1)} hours`,
        hint: "Retry for at least 24 hours. An outage that starts in the evening may be fixed only the next morning.",
      };
}

/**
 * Returns what is wrong with one delivery's retries under the declared schedule; `null` if nothing is wrong.
 */
function findRetryProblem(attempts: Attempts, schedule: readonly number[], refusals: number): Problem | null {
  const waits = waitsOf(attempts);
  const wanted = attempts.behaviour === "refusing" ? refusals : 1;
  const [first] = waits;
  const refused =
    attempts.behaviour === "refusing" ? "that was answered with 500" : "whose connection was cut";
  if (first === undefined) {
    return {
      expected: `a retry of a delivery ${refused}, within ${maxRetryWaitSeconds(schedule[0] ?? 0)} s according to the manifest's schedule`,
      actual: "no retry",
      hint: "Store each failed delivery with the time of its next attempt, and retry until it succeeds. Otherwise the consumer never learns of the event.",
    };
  }
  if (first > MAX_FIRST_WAIT_SECONDS)
    return { expected: "the first retry within 60 s", actual: `after ${first.toFixed(1)} s`, hint: SOON };
  const late = waits.findIndex((wait, index) => wait > maxRetryWaitSeconds(schedule[index] ?? 0));
  if (late !== -1) {
    return {
      expected: `retry ${late + 1} after about ${schedule[late]} s, as the manifest declares`,
      actual: `after ${waits[late]?.toFixed(1)} s`,
      hint: "Declare the actual waits of your queue in seconds, or find what delays the queue. Consumers plan with the declared schedule.",
    };
  }
  return waits.length >= wanted
    ? null
    : {
        expected: `${wanted} retries, after ${schedule.slice(0, wanted).join(", ")} s, for a delivery ${refused}`,
        actual: `${waits.length}`,
        hint: "Retry until the delivery succeeds or the schedule ends.",
      };
}

/**
 * Returns a failure if retries come much sooner than declared, so that the vendor cannot be following its
 * schedule.
 */
function findHaste(all: readonly Attempts[], schedule: readonly number[]): Problem | null {
  const waits = all.flatMap(waitsOf);
  const declared = sum(all.flatMap(({ retries }) => retries.map((_, index) => schedule[index] ?? 0)));
  return sum(waits) >= declared * MIN_SHARE
    ? null
    : {
        expected: `waits of about ${schedule.slice(0, Math.max(...all.map(({ retries }) => retries.length))).join(", ")} s before the retries, as the manifest declares`,
        actual: `${waits.length} retries after an average wait of ${(sum(waits) / waits.length).toFixed(2)} s`,
        hint: "Before each retry, wait for the declared time. Immediate retries keep a restarting receiver down.",
      };
}

function judgeRetrying(discoveryAt: string, retries: Retries): Finding {
  const { scheduleSeconds: schedule, refusals } = retries;
  const refused = findAttemptsBy(retries, "refusing");
  const all = [...refused, ...findAttemptsBy(retries, "cutting")];
  const [first] = refused;
  if (!first) return { outcome: "could-not-run", reason: NO_WEBHOOK };
  const subjects = [
    { at: discoveryAt, find: () => findScheduleProblem(schedule) },
    ...all.map((attempts) => ({
      at: attempts.at,
      find: () => findRetryProblem(attempts, schedule, refusals),
    })),
    { at: first.at, find: () => findHaste(all, schedule) },
  ];
  const seen = Math.max(...all.map(({ retries: again }) => again.length));
  return withUnseen(
    judgeMixed(subjects, ""),
    seen < schedule.length
      ? `only the first ${seen} of the ${schedule.length} declared retries were seen, because the others come too late for a run`
      : null,
  );
}

/** Returns the waits before the n-th retry of every delivery that had an n-th retry. */
const waitsAt = (all: readonly Attempts[], retry: number): number[] =>
  all.flatMap((attempts) => waitsOf(attempts)[retry] ?? []);

/**
 * Groups of waits that would be equal without jitter, and the minimum spread with jitter as a share of the
 * longest wait.
 */
interface Comparable {
  readonly groups: readonly (readonly number[])[];
  readonly minSpread: number;
}

/**
 * Selects the waits in which jitter shows. Usually, jitter shows in the waits before the last retry. If there
 * are few deliveries (as with batches), uses the waits before all retries, grouped by retry and kind of
 * failure. Returns `null` if there are too few waits in total.
 */
function selectComparable(retries: Retries): Comparable | null {
  const refused = findAttemptsBy(retries, "refusing");
  const last = waitsAt(refused, retries.refusals - 1);
  if (last.length >= MIN_DELIVERIES) return { groups: [last], minSpread: MIN_SPREAD };
  const groups = [
    ...Array.from({ length: retries.refusals }, (_, retry) => waitsAt(refused, retry)),
    ...(["cutting", "redirecting"] as const).map((behaviour) =>
      waitsAt(findAttemptsBy(retries, behaviour), 0),
    ),
  ].filter((waits) => waits.length > 1);
  const compared = sum(groups.map((waits) => waits.length - 1));
  return compared >= MIN_COMPARED ? { groups, minSpread: MIN_SPREAD_OF_FEW } : null;
}

/** Tells whether a batch was retried. There are only a few batches, however many devices change. */
const retriesBatches = (retries: Retries): boolean =>
  (["refusing", "cutting", "redirecting"] as const)
    .flatMap((behaviour) => findAttemptsBy(retries, behaviour))
    .some((attempts) => isBatch(attempts.first) && attempts.retries.length > 0);

/**
 * Returns the average factor by which declared waits grow from one to the next, up to the longest wait.
 * DLV-001 reports waits that do not grow.
 */
function computeGrowth(schedule: readonly number[]): number {
  const longest = schedule.indexOf(Math.max(...schedule));
  const [first = 0] = schedule;
  return longest < 1
    ? Number.POSITIVE_INFINITY
    : ((schedule[longest] ?? 0) / Math.max(first, 1)) ** (1 / longest);
}

export const retryScheduleChecks = [
  check("DLV-001", ["discovery", "retries"], ({ discovery, retries }) =>
    judgeRetrying(discovery.manifest.id, retries),
  ),

  check("DLV-008", ["discovery", "retries"], ({ discovery, retries }): Finding => {
    const { scheduleSeconds: schedule } = retries;
    const factor = computeGrowth(schedule);
    if (factor < MIN_GROWTH) {
      return judgeEach([{ at: discovery.manifest.id }], "", () => ({
        where: "/webhooks/retry_schedule_seconds",
        expected: "waits that grow by a factor, such as 5, 30, 180, 1080",
        actual: `${show(schedule)}, which grow by a factor of ${factor.toFixed(2)}`,
        hint: "To get the next wait, multiply the previous wait by the same factor of 2 or more. Do not add a constant. Declare the resulting waits.",
      }));
    }
    const compared = selectComparable(retries);
    const [first] = findAttemptsBy(retries, "refusing");
    if (!compared || !first) {
      const tooFew =
        "too few deliveries failed at the same time and were then retried, so the suite cannot tell whether waits are random";
      return retriesBatches(retries)
        ? { outcome: "pass", cites: [discovery.manifest.id], unseen: tooFew }
        : { outcome: "could-not-run", reason: `${tooFew}; see DLV-001` };
    }
    const { groups, minSpread } = compared;
    const varies = groups.some(
      (waits) => Math.max(...waits) - Math.min(...waits) >= Math.max(...waits) * minSpread,
    );
    return judgeEach([{ at: first.at }], "", () =>
      varies
        ? null
        : {
            expected:
              "waits that vary at random, so that simultaneous failures do not cause simultaneous retries",
            actual: groups
              .map(
                (waits) =>
                  `${waits.length} retries all after ${Math.min(...waits).toFixed(2)} to ${Math.max(...waits).toFixed(2)} s`,
              )
              .join(", "),
            hint: "Multiply each wait by a random number between, say, 1 and 1.2.",
          },
    );
  }),
];
