import type { Evidence } from "../../evidence/evidence.ts";
import { memberOf, objectOf, SMALLEST_ESTATE } from "../../evidence/read.ts";
import type { Behaviour } from "../../evidence/resilience-evidence.ts";
import {
  type AnswerProgramme,
  type ProgrammedAnswer,
  status,
  takeAll,
} from "../../harness/programmed-answer.ts";
import { type Choosing, devicesApart, type SandboxDevice } from "../events/sandbox-device.ts";
import { latencyOf } from "../events/status-change.ts";
import { CannotDriveError } from "../scenario.ts";

/** The number of simultaneous failures that is enough to show whether their retries are spread out. */
const DEVICES = 8;
const MAX_REFUSALS = 3;
/** Time limit for the sum of the declared waits that refused attempts cause. */
const PATIENCE_SECONDS = 160;
/** Responses that a vendor must treat like any other failure. A vendor may soon give up after 400, 413 and 415 (DLV-011). */
const DENIALS = [401, 403, 404, 405, 408, 409, 422];
/** A vendor must wait 15 seconds for a response; the remaining half second is for the network. */
export const SLOW_SECONDS = 14.5;
/** A vendor may wait this long for a response that never comes. */
export const HANG_PATIENCE_SECONDS = 60;
/** How long a vendor may pause an endpoint that keeps failing. */
export const PAUSE_SECONDS = 60;

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

/** Answers the first delivery late. */
export const answerLate = (): AnswerProgramme => once({ kind: "slow", seconds: SLOW_SECONDS });

/** Never answers the first delivery. */
export const answerNever = (): AnswerProgramme => once({ kind: "hang" });

/** Refuses the first attempt at each delivery. Each refusal uses the next status of the list. */
function denyInTurn(): AnswerProgramme {
  let denied = 0;
  return (attempt) => (attempt > 1 ? takeAll() : status(DENIALS[denied++ % DENIALS.length] ?? 401));
}

/** What a vendor declares about its retries, and how the receiver tests it. */
export interface RetryPlan {
  readonly scheduleSeconds: readonly [number, ...number[]];
  readonly latencySeconds: number;
  /** How many attempts at a delivery to refuse. */
  readonly refusals: number;
  readonly retryAfterSeconds: number;
}

/** @throws {CannotDriveError} if the manifest declares no schedule or no latency */
export function planRetries(discovery: Evidence["discovery"]): RetryPlan {
  const scheduleSeconds = scheduleOf(discovery);
  return {
    scheduleSeconds,
    latencySeconds: latencyOf(discovery),
    refusals: refusalsFor(scheduleSeconds),
    // The response takes longer than the vendor's own wait, so that the two waits can be told apart.
    retryAfterSeconds: Math.ceil(scheduleSeconds[0] * 1.5) + 2,
  };
}

/** Returns how the receiver of each endpoint answers. */
export const programmesFor = ({
  refusals,
  retryAfterSeconds,
}: RetryPlan): Readonly<Record<Behaviour, AnswerProgramme>> => ({
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
});

/**
 * Chooses the devices to change: one that changes separately, and others that change at the same time. A person
 * changes the same device for both purposes.
 *
 * @throws {CannotDriveError}
 */
export function chooseDevices(
  discovery: Evidence["discovery"],
  devices: Evidence["devices"],
  choosing: Choosing,
): readonly [one: SandboxDevice, ...others: SandboxDevice[]] {
  const chosen = devicesApart(discovery, devices, DEVICES + 1, choosing);
  const [one, ...others] = choosing.person ? [...chosen, ...chosen] : chosen;
  if (one !== undefined && others.length > 0) return [one, ...others];
  throw new CannotDriveError(
    `the inventory has fewer than two online devices without devices behind them. ${SMALLEST_ESTATE}`,
  );
}
