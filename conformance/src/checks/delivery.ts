import { beganAfter, secretOf } from "../evidence/deliveries.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { findReports, isSameDelivery, selectSuccessful } from "../evidence/match-deliveries.ts";
import { answeredAt, isBatch } from "../evidence/read.ts";
import type { Behaviour } from "../evidence/resilience-evidence.ts";
import { check } from "./check.ts";
import { type Attempts, findAttemptsBy, isRetryAfter, secondsBetween } from "./delivery-attempts.ts";
import { type Finding, judgeEach, judgeMixed, type Problem, show, withUnseen } from "./finding.ts";
import { findVerificationError, isUsable } from "./signature-schemes.ts";

type Retries = Evidence["retries"];

const NO_RETRY = "nothing was retried; see DLV-001";
const BEHAVIOURS = [
  "refusing",
  "cutting",
  "redirecting",
  "busy",
  "overloaded",
] as const satisfies readonly Behaviour[];

const findRetried = (retries: Retries, behaviours: readonly Behaviour[]): Attempts[] =>
  behaviours
    .flatMap((behaviour) => findAttemptsBy(retries, behaviour))
    .filter((attempts) => attempts.retries.length > 0);

const timestampOf = ({ headers }: Delivery): number => Number(headers["webhook-timestamp"]);
/** Timestamps are in whole seconds, so two attempts closer together than this may have the same timestamp. */
const MIN_SECONDS_APART = 4;
/** How long a vendor may take to connect after it has signed a delivery. */
const CONNECTING_SECONDS = 3;
const MIN_PATIENCE_SECONDS = 15;
/** How far the clocks of sender and receiver may differ when the suite measures a wait. */
const EARLY_SECONDS = 0.5;

/**
 * Returns a problem if a retry reuses the timestamp or the signature of the first attempt. A retry must renew
 * both.
 */
async function findStaleness(first: Delivery, retry: Delivery, secret: string): Promise<Problem | null> {
  const apart = secondsBetween(first, retry);
  const moved = timestampOf(retry) - timestampOf(first);
  if (!(moved > 0 && moved >= apart / 2 - CONNECTING_SECONDS)) {
    return {
      where: "webhook-timestamp",
      expected: `the time of this attempt: ${apart.toFixed(0)} s after ${first.headers["webhook-timestamp"]}, the timestamp of the first attempt (${first.id})`,
      actual: show(retry.headers["webhook-timestamp"]),
      hint: "At every attempt, set the timestamp to the current time and sign again. A consumer refuses a timestamp older than 5 minutes, so it would refuse a late retry with the first timestamp. Keep webhook-id and body unchanged.",
    };
  }
  // SIG-001 reports a first attempt whose signature does not verify.
  if (
    (await findVerificationError(first, secret)) !== null ||
    (await findVerificationError(retry, secret)) === null
  )
    return null;
  const [signature, firstSignature] = [retry, first].map(({ headers }) => headers["webhook-signature"]);
  return {
    where: "webhook-signature",
    expected: `a signature over this attempt's timestamp, ${retry.headers["webhook-timestamp"]}`,
    actual: `${show(signature)}${signature === firstSignature ? `, the signature of the first attempt (${first.id}), which has the timestamp ${first.headers["webhook-timestamp"]}` : ""}`,
    hint: "The signature of the first attempt verifies, but the signature of this retry does not. Sign `webhook-id.webhook-timestamp.body` again at every attempt.",
  };
}

/** Returns a failure if a delivery that did not get a 2xx was never retried. */
function findMissingRetry({ behaviour, first, retries }: Attempts): Problem | null {
  if (retries.length > 0) return null;
  const answer = {
    redirecting: "a redirect (307)",
    busy: "429",
    overloaded: "503",
    cutting: "a cut connection",
    denying: `${first.answeredStatus}`,
  }[behaviour as string];
  return {
    expected: `a retry after ${answer}, which counts as a failure`,
    actual: "no retry, although deliveries answered with 500 were retried",
    hint: "Treat only 200 to 299 as success. Redirects, every 4xx except 410, every 5xx and cut connections are failures: retry the delivery.",
  };
}

const bytesOf = ({ bodyBase64 }: Delivery): Buffer => Buffer.from(bodyBase64, "base64");

/** How many bytes of each body to show before and after the first difference. */
const [BEFORE, AFTER] = [24, 40];

/** Returns the bytes around the first difference between two bodies; `null` if the bodies are equal. */
function findDifference(expected: Buffer, actual: Buffer): { expected: string; actual: string } | null {
  if (expected.equals(actual)) return null;
  let at = 0;
  while (expected[at] === actual[at]) at += 1;
  const around = (bytes: Buffer) => {
    const shown = bytes.subarray(Math.max(0, at - BEFORE), at + AFTER).toString("utf8");
    return `byte ${at}, after …${shown.slice(0, Math.min(at, BEFORE))}: ${shown.slice(Math.min(at, BEFORE))}…`;
  };
  return { expected: around(expected), actual: around(actual) };
}

function findImpatience({ deliveries, slowSeconds }: Evidence["slowAnswer"]): Problem | null {
  const [first, ...others] = deliveries;
  if (!first) return null;
  const again = others.find(
    (other) =>
      other.copyOf === undefined &&
      other.headers["webhook-id"] === first.headers["webhook-id"] &&
      secondsBetween(first, other) < slowSeconds,
  );
  const waited = first.hungUpAfterSeconds ?? (again && secondsBetween(first, again));
  // A busy suite answers late, and a vendor's wait begins before the suite has read the request. So the vendor may hang up
  // before the answer, although it waited long enough.
  return waited === undefined || waited >= MIN_PATIENCE_SECONDS - EARLY_SECONDS
    ? null
    : {
        expected: `a timeout of at least ${MIN_PATIENCE_SECONDS} s; the receiver answered after ${slowSeconds} s`,
        actual: `${first.hungUpAfterSeconds === undefined ? "retried" : "hung up"} after ${waited.toFixed(1)} s`,
        hint: "Set your HTTP client's timeout to 15 s or more. A consumer stores the event before it answers, which takes time.",
      };
}

/** Returns a problem if the vendor never retried a delivery that it gave up because the receiver did not answer. */
function findLossAfterTimeout({ hanging = [] }: Evidence["slowAnswer"]): Problem | null {
  const [first, ...others] = hanging;
  if (first?.hungUpAfterSeconds === undefined || others.some((other) => isSameDelivery(first, other)))
    return null;
  return {
    expected: "a retry of a delivery that got no answer",
    actual: `no retry after the vendor hung up at ${first.hungUpAfterSeconds.toFixed(1)} s`,
    hint: "Treat a timeout as a failure, and retry the delivery. Only a 2xx response is success.",
  };
}

/** Two attempts at one delivery to one endpoint. */
export interface Repetition {
  /** Id of the later attempt. */
  readonly at: string;
  readonly first: Delivery;
  readonly retry: Delivery;
}

/**
 * Judges that later attempts have the id and the bytes of the first. @param none the reason to report if there are no
 * later attempts
 */
export const judgeRepetition = (repetitions: readonly Repetition[], none: string): Finding =>
  judgeEach(repetitions, none, ({ first, retry }) => {
    const id = first.headers["webhook-id"];
    // DLV-013 reports a batch that is retried with another id.
    if (retry.headers["webhook-id"] !== id && !(isBatch(retry) && bytesOf(first).equals(bytesOf(retry)))) {
      return {
        where: "webhook-id",
        expected: `${show(id)}, as in the first attempt, ${first.id}`,
        actual: show(retry.headers["webhook-id"]),
        hint: "Generate the id when you create the event, and store the id. Consumers use it to recognize duplicates.",
      };
    }
    const difference = findDifference(bytesOf(first), bytesOf(retry));
    return difference === null
      ? null
      : {
          where: "body",
          expected: `the same bytes as in the first attempt, ${first.id}: ${difference.expected}`,
          actual: difference.actual,
          hint: "Serialize the event once, store the bytes, and send those bytes on every attempt.",
        };
  });

/** Why a retry shows no stale timestamp, in words. */
export const TOO_SOON = `less than ${MIN_SECONDS_APART} s after the first attempt, too early to show a stale timestamp`;

/**
 * Judges that later attempts have a new timestamp and a new signature. Attempts soon after the first show nothing.
 *
 * @param none why there may be none
 */
export async function judgeFreshness(
  repetitions: readonly (Repetition & { readonly secret: string })[],
  none: string,
): Promise<Finding> {
  const late = repetitions.filter(({ first, retry }) => secondsBetween(first, retry) >= MIN_SECONDS_APART);
  const usable = await Promise.all(late.map(({ secret }) => isUsable(secret)));
  const judged = await Promise.all(
    late
      .filter((_, index) => usable[index])
      .map(async ({ at, first, retry, secret }) => ({
        at,
        wrong: await findStaleness(first, retry, secret),
      })),
  );
  return judgeEach(judged, none, ({ wrong }) => wrong);
}

export const deliveryChecks = [
  check("DLV-002", ["retries"], ({ retries }) =>
    judgeRepetition(
      findRetried(retries, BEHAVIOURS).flatMap(({ first, retries: again }) =>
        again.map((retry) => ({ at: retry.id, first, retry })),
      ),
      NO_RETRY,
    ),
  ),

  check("DLV-003", ["retries"], ({ retries }) =>
    judgeFreshness(
      BEHAVIOURS.flatMap((behaviour) => {
        const secret = secretOf(retries.endpoints[behaviour]);
        return findAttemptsBy(retries, behaviour).flatMap(({ first, retries: again }) => {
          const last = again.at(-1);
          return last ? [{ at: last.id, first, retry: last, secret }] : [];
        });
      }),
      `nothing was retried (see DLV-001), or every retry came ${TOO_SOON}`,
    ),
  ),

  check("DLV-004", ["retries", "slowAnswer"], ({ retries, slowAnswer }): Finding => {
    const accepted = findAttemptsBy(retries, "accepting");
    const control = findRetried(retries, ["refusing"])[0];
    if (!control || accepted.length === 0) return { outcome: "could-not-run", reason: NO_RETRY };
    const refused = (["redirecting", "busy", "overloaded", "cutting", "denying"] as const).flatMap(
      (behaviour) => findAttemptsBy(retries, behaviour),
    );
    const [followed] = retries.followed;
    const [slow] = slowAnswer.deliveries;
    const [unanswered] = slowAnswer.hanging ?? [];
    // Delivery is at least once, so a single duplicate proves nothing; only duplicates of all deliveries
    // prove a defect.
    const allAgain = accepted.every((attempts) => attempts.retries.length > 0);
    const subjects = [
      ...refused.map((attempts) => ({ at: attempts.at, find: () => findMissingRetry(attempts) })),
      ...(followed
        ? [
            {
              at: followed.id,
              find: () => ({
                expected: "no webhook at the redirect's target",
                actual: "the webhook arrived there",
                hint: "Turn off redirects in your HTTP client. Otherwise anyone who can answer for a consumer's address can divert that consumer's events.",
              }),
            },
          ]
        : []),
      ...accepted.map((attempts) => ({
        at: attempts.at,
        find: () =>
          allAgain
            ? {
                expected: "202 treated as success",
                actual: "every delivery answered with 202 was sent again",
                hint: "Treat every status from 200 to 299 as success, whatever the body contains.",
              }
            : null,
      })),
      ...(slow ? [{ at: slow.id, find: () => findImpatience(slowAnswer) }] : []),
      ...(unanswered ? [{ at: unanswered.id, find: () => findLossAfterTimeout(slowAnswer) }] : []),
    ];
    const isSeen = unanswered?.hungUpAfterSeconds !== undefined;
    return withUnseen(
      judgeMixed(subjects, NO_RETRY),
      isSeen
        ? null
        : "the suite saw no retry after a timeout, because the vendor never stopped waiting for a response",
    );
  }),

  check("DLV-005", ["retries"], ({ retries }) =>
    judgeEach(
      findRetried(retries, ["busy", "overloaded"]),
      "nothing was retried after 429 or 503; see DLV-004",
      ({ first, retries: [retry], behaviour }) => {
        const waited = retry ? secondsBetween(first, retry) : Number.POSITIVE_INFINITY;
        return waited >= retries.retryAfterSeconds - EARLY_SECONDS
          ? null
          : {
              expected: `no attempt for ${retries.retryAfterSeconds} s, the Retry-After of the ${behaviour === "busy" ? 429 : 503} response`,
              actual: `an attempt after ${waited.toFixed(1)} s`,
              hint: "Wait for the time in your own schedule or for the time in Retry-After, whichever is longer.",
            };
      },
    ),
  ),

  check("DLV-006", ["retries"], ({ retries }): Finding => {
    const { gone, healthy } = retries.endpoints;
    const refusal = gone.deliveries.find(({ answeredStatus }) => answeredStatus === 410);
    // If the endpoint never answered 410, or no other endpoint got a webhook after that, the absence of
    // webhooks at the first endpoint proves nothing.
    const [control] = findReports(retries.laterChange, healthy.deliveries);
    if (!refusal || !control) {
      return {
        outcome: "could-not-run",
        reason:
          "no webhook reached the endpoint that answers 410, or no later webhook reached another endpoint; see EVT-001",
      };
    }
    const { id: at, receivedAt } = refusal;
    const reports = findReports(retries.laterChange, gone.deliveries);
    const at410 = Date.parse(receivedAt);
    const late = gone.deliveries.find(
      (delivery, index) =>
        reports.includes(delivery) ||
        beganAfter(delivery, at410, { ...retries, call: retries.deletion }) ||
        isRetryAfter(delivery, at410, gone.deliveries.slice(0, index), retries),
    );
    if (!late) return { outcome: "pass", cites: [at, control.id] };
    const earlier = gone.deliveries.find((delivery) => delivery !== late && isSameDelivery(delivery, late));
    const other = `the webhook of ${reports.includes(late) ? "a later" : "another"} change`;
    const seconds = (Date.parse(late.receivedAt) - Date.parse(receivedAt)) / 1000;
    return judgeEach([{ at: late.id }], "", () => ({
      expected: `no webhook after the 410 in ${at}`,
      actual: `${earlier ? `the delivery of ${earlier.id} again` : other}, ${seconds.toFixed(1)} s later`,
      hint: "As soon as an endpoint answers 410, stop posting to it, and discard its queued deliveries and retries. List the endpoint as stopped, and tell its owner. Post again only after a new registration.",
    }));
  }),

  check("DLV-007", ["retries", "outage"], ({ retries, outage }) => {
    const during = [
      ...selectSuccessful([...retries.changes, retries.laterChange]).map((change) => ({
        change,
        deliveries: retries.endpoints.healthy.deliveries,
        latencySeconds: retries.latencySeconds,
      })),
      ...selectSuccessful(outage.changes).map((change) => ({
        change,
        deliveries: outage.healthy.deliveries,
        // A burst may take longer than a single change, but slow endpoints must not delay the burst further.
        latencySeconds: outage.latencySeconds + BURST_SECONDS,
      })),
    ].map((each) => ({ ...each, at: each.change.command.id }));
    return judgeEach(
      during,
      "no status was changed; see SBX-001",
      ({ change, deliveries, latencySeconds }) => {
        const webhook = findReports(change, deliveries)[0];
        // A command may take long, and the device may change only when the command ends.
        const seconds = webhook && (Date.parse(webhook.receivedAt) - answeredAt(change.command)) / 1000;
        return seconds !== undefined && seconds <= latencySeconds + SLACK_SECONDS
          ? null
          : {
              expected: `the webhook at the healthy endpoint within ${latencySeconds} s, while other endpoints refuse deliveries, cut connections or answer late`,
              actual: seconds === undefined ? "none arrived" : `after ${seconds.toFixed(1)} s`,
              hint: "Give each endpoint its own queue and workers. A worker that waits for one endpoint's timeout delays all others. If webhooks are late even when every endpoint answers, the queue itself is too slow.",
            };
      },
    );
  }),
];

/**
 * Extra time for a machine that runs both the suite and the vendor. A blocked queue would delay webhooks by
 * far more.
 */
const SLACK_SECONDS = 5;
/** Extra time for a burst compared with a single change. */
const BURST_SECONDS = 10;
