import type { Evidence } from "../evidence/evidence.ts";
import { isBatch } from "../evidence/read.ts";
import { maxRetryWaitSeconds } from "../evidence/resilience-evidence.ts";
import { check } from "./check.ts";
import { type Attempts, attemptsTo, waitsOf } from "./delivery-attempts.ts";
import { type Failure, type Finding, judgeEach, judgeMixed, show } from "./finding.ts";

type Retries = Evidence["retries"];

const FIRST_WITHIN_SECONDS = 60;
const A_DAY_SECONDS = 24 * 3600;
/** With full jitter a wait is half the nominal one on average; of many together, never so little. */
const LEAST_SHARE = 0.2;
/** A factor below it grows by the same amount each time rather than by the same factor. */
const LEAST_GROWTH = 1.4;
/** What varies by less of its length than this does not vary by chance. */
const LEAST_SPREAD = 0.03;
const ENOUGH_DELIVERIES = 5;
/** Few are seldom apart by much: so little that chance would be taken for none once in a hundred runs. */
const LEAST_SPREAD_OF_FEW = 0.01;
const ENOUGH_COMPARED = 3;
const SOON =
  "Try again within a minute: most receivers that fail are restarting, and their doors are unwatched until then.";

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** What is wrong with the schedule that the manifest declares, or `null`. */
function brokenSchedule(schedule: readonly number[]): Omit<Failure, "at"> | null {
  const where = "/webhooks/retry_schedule_seconds";
  const [first = 0] = schedule;
  if (first > FIRST_WITHIN_SECONDS)
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
        "waits in seconds that grow from one retry to the next, such as 5, 30, 300, 1800, 7200, 14400, 28800, 36000",
      actual: show(schedule),
      hint: "Wait longer after each failure, and declare those waits: a receiver that restarts is back in seconds, and one that is down for hours should not be asked every minute.",
    };
  }
  const total = sum(schedule);
  return total >= A_DAY_SECONDS
    ? null
    : {
        where,
        expected: "waits of 24 hours together",
        actual: `${(total / 3600).toFixed(1)} hours`,
        hint: "Go on for a day at least: an outage that begins in the evening is mended in the morning.",
      };
}

/** What is wrong with the retries of one delivery, by the schedule that the manifest declares. */
function brokenRetries(
  attempts: Attempts,
  schedule: readonly number[],
  refusals: number,
): Omit<Failure, "at"> | null {
  const waits = waitsOf(attempts);
  const wanted = attempts.behaviour === "refusing" ? refusals : 1;
  const [first] = waits;
  const refused = attempts.behaviour === "refusing" ? "answered with 500" : "whose connection was cut";
  if (first === undefined) {
    return {
      expected: `another attempt at a delivery ${refused}, within ${maxRetryWaitSeconds(schedule[0] ?? 0)} s as the manifest's schedule says`,
      actual: "none came",
      hint: "Keep what was not taken, with its time, and try it again until it is: a lost offline event is an unwatched door.",
    };
  }
  if (first > FIRST_WITHIN_SECONDS)
    return { expected: "the first retry within 60 s", actual: `after ${first.toFixed(1)} s`, hint: SOON };
  const late = waits.findIndex((wait, index) => wait > maxRetryWaitSeconds(schedule[index] ?? 0));
  if (late !== -1) {
    return {
      expected: `retry ${late + 1} after some ${schedule[late]} s, as the manifest declares`,
      actual: `after ${waits[late]?.toFixed(1)} s`,
      hint: "Declare the waits that your queue has, in seconds, or look for what holds it up: whoever runs a consumer reckons by what is declared.",
    };
  }
  return waits.length >= wanted
    ? null
    : {
        expected: `${wanted} retries, after ${schedule.slice(0, wanted).join(", ")} s, while each is ${refused}`,
        actual: `${waits.length}`,
        hint: "Go on until the delivery is taken or the schedule has ended.",
      };
}

/** Where retries come so much sooner than declared that the waits are not those of the schedule. */
function hasty(all: readonly Attempts[], schedule: readonly number[]): Omit<Failure, "at"> | null {
  const waits = all.flatMap(waitsOf);
  const declared = sum(all.flatMap(({ retries }) => retries.map((_, index) => schedule[index] ?? 0)));
  return sum(waits) >= declared * LEAST_SHARE
    ? null
    : {
        expected: `waits of some ${schedule.slice(0, Math.max(...all.map(({ retries }) => retries.length))).join(", ")} s before the retries, as the manifest declares`,
        actual: `${waits.length} retries that waited ${(sum(waits) / waits.length).toFixed(2)} s on average`,
        hint: "Retries without waits keep a receiver down that is just coming up.",
      };
}

function judgeRetrying(discoveryAt: string, retries: Retries): Finding {
  const { scheduleSeconds: schedule, refusals } = retries;
  const refused = attemptsTo(retries, "refusing");
  const all = [...refused, ...attemptsTo(retries, "cutting")];
  const [first] = refused;
  if (!first) return { outcome: "could-not-run", reason: "no webhook came; see EVT-001" };
  const subjects = [
    { at: discoveryAt, find: () => brokenSchedule(schedule) },
    ...all.map((attempts) => ({ at: attempts.at, find: () => brokenRetries(attempts, schedule, refusals) })),
    { at: first.at, find: () => hasty(all, schedule) },
  ];
  return judgeMixed(subjects, "");
}

/** The waits before one retry, of all that failed alike and was tried again so often. */
const waitsAt = (all: readonly Attempts[], retry: number): number[] =>
  all.flatMap((attempts) => waitsOf(attempts)[retry] ?? []);

/** Waits that would be the same but for chance, and how much of the longest they must differ by to show it. */
interface Comparable {
  readonly groups: readonly (readonly number[])[];
  readonly leastSpread: number;
}

/**
 * What shows chance. That is best seen in the waits before the last retry; of few deliveries, as of a vendor that posts
 * batches, in those before each retry, for whatever each failed by. `null` where there are too few of those, too.
 */
function comparable(retries: Retries): Comparable | null {
  const refused = attemptsTo(retries, "refusing");
  const last = waitsAt(refused, retries.refusals - 1);
  if (last.length >= ENOUGH_DELIVERIES) return { groups: [last], leastSpread: LEAST_SPREAD };
  const groups = [
    ...Array.from({ length: retries.refusals }, (_, retry) => waitsAt(refused, retry)),
    ...(["cutting", "redirecting"] as const).map((behaviour) => waitsAt(attemptsTo(retries, behaviour), 0)),
  ].filter((waits) => waits.length > 1);
  const compared = sum(groups.map((waits) => waits.length - 1));
  return compared >= ENOUGH_COMPARED ? { groups, leastSpread: LEAST_SPREAD_OF_FEW } : null;
}

/** Whether a batch was tried again: of those there are few, however many devices change. */
const triesBatchesAgain = (retries: Retries): boolean =>
  (["refusing", "cutting", "redirecting"] as const)
    .flatMap((behaviour) => attemptsTo(retries, behaviour))
    .some((attempts) => isBatch(attempts.first) && attempts.retries.length > 0);

/** The factor by which the declared waits grow, up to the longest. That they do not grow at all is DLV-001's matter. */
function growth(schedule: readonly number[]): number {
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
    const factor = growth(schedule);
    if (factor < LEAST_GROWTH) {
      return judgeEach([{ at: discovery.manifest.id }], "", () => ({
        where: "/webhooks/retry_schedule_seconds",
        expected: "waits that grow by a factor, such as 5, 30, 180, 1080",
        actual: `${show(schedule)}, which grow by ${factor.toFixed(2)} from one to the next`,
        hint: "Multiply each wait by the same factor, 2 or more, instead of adding to it, and declare the waits that come of it.",
      }));
    }
    const compared = comparable(retries);
    const [first] = attemptsTo(retries, "refusing");
    if (!compared || !first) {
      const tooFew =
        "too few deliveries failed together and were tried again to see whether waits vary by chance";
      return triesBatchesAgain(retries)
        ? { outcome: "pass", cites: [discovery.manifest.id], unseen: tooFew }
        : { outcome: "could-not-run", reason: `${tooFew}; see DLV-001` };
    }
    const { groups, leastSpread } = compared;
    const varies = groups.some(
      (waits) => Math.max(...waits) - Math.min(...waits) >= Math.max(...waits) * leastSpread,
    );
    return judgeEach([{ at: first.at }], "", () =>
      varies
        ? null
        : {
            expected: "waits that vary by chance, so that what failed together does not come back together",
            actual: groups
              .map(
                (waits) =>
                  `${waits.length} retries all after ${Math.min(...waits).toFixed(2)} to ${Math.max(...waits).toFixed(2)} s`,
              )
              .join(", "),
            hint: "Multiply each wait by a random number, such as 1 to 1.2.",
          },
    );
  }),
];
