import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { findAttempts } from "../evidence/match-deliveries.ts";
import { isBatch, objectOf, textOf } from "../evidence/read.ts";
import type { Behaviour } from "../evidence/resilience-evidence.ts";
import { check } from "./check.ts";
import { type Attempts, attemptsTo, madeOf, secondsBetween } from "./delivery-attempts.ts";
import { type Failure, type Finding, judgeEach, judgeMixed, show } from "./finding.ts";
import { isUsable, refusalOf } from "./hmac-signature.ts";

type Retries = Evidence["retries"];

const NO_RETRY = "nothing was tried again; see DLV-001";
const BEHAVIOURS = [
  "refusing",
  "cutting",
  "redirecting",
  "busy",
  "overloaded",
] as const satisfies readonly Behaviour[];

const retriedIn = (retries: Retries, behaviours: readonly Behaviour[]): Attempts[] =>
  behaviours
    .flatMap((behaviour) => attemptsTo(retries, behaviour))
    .filter((attempts) => attempts.retries.length > 0);

const timestampOf = ({ headers }: Delivery): number => Number(headers["webhook-timestamp"]);
/** Attempts nearer to each other may have one second as their timestamp. */
const APART_SECONDS = 3;
const ROUNDING_SECONDS = 2;
const LEAST_PATIENCE_SECONDS = 15;
/** How far the clocks of sender and receiver of one wait may differ. */
const EARLY_SECONDS = 0.5;

/** What is stale in a retry, held against the first attempt. */
async function staleness(
  first: Delivery,
  retry: Delivery,
  secret: string,
): Promise<Omit<Failure, "at"> | null> {
  const apart = secondsBetween(first, retry);
  const moved = timestampOf(retry) - timestampOf(first);
  if (!(moved >= apart - ROUNDING_SECONDS)) {
    return {
      where: "webhook-timestamp",
      expected: `the moment of this attempt, ${apart.toFixed(0)} s after the first one's ${first.headers["webhook-timestamp"]} (${first.id})`,
      actual: show(retry.headers["webhook-timestamp"]),
      hint: "Sign when you send, each time: a consumer refuses what is older than 5 minutes, and with it a late retry. The webhook-id and the body stay as they are.",
    };
  }
  // Where the first one does not verify either, that is SIG-001's matter.
  if ((await refusalOf(first, secret)) !== null || (await refusalOf(retry, secret)) === null) return null;
  const [signature, firstSignature] = [retry, first].map(({ headers }) => headers["webhook-signature"]);
  return {
    where: "webhook-signature",
    expected: `a signature over this attempt's timestamp, ${retry.headers["webhook-timestamp"]}`,
    actual: `${show(signature)}${signature === firstSignature ? `, that of the first attempt, ${first.id}, with its timestamp ${first.headers["webhook-timestamp"]}` : ""}`,
    hint: "The first attempt's signature verifies and this one's does not: sign `webhook-id.webhook-timestamp.body` anew at each attempt.",
  };
}

/** What a change at a receiver that sent it elsewhere, or asked to come again, was taken for. */
function takenForSuccess({ behaviour, retries }: Attempts): Omit<Failure, "at"> | null {
  if (retries.length > 0) return null;
  const answer = {
    redirecting: "a redirect (307)",
    busy: "429",
    overloaded: "503",
    cutting: "a connection that was cut",
  }[behaviour as string];
  return {
    expected: `another attempt after ${answer}, which is a failure`,
    actual: "none came, though what was answered with 500 was tried again",
    hint: "Take 200 to 299 for success and nothing else.",
  };
}

const bytesOf = ({ bodyBase64 }: Delivery): Buffer => Buffer.from(bodyBase64, "base64");

/** How much of either body is shown before and after where they part. */
const [BEFORE, AFTER] = [24, 40];

/** Where two bodies part, with what stands there in either; `null` where they are the same bytes. */
function firstDifference(expected: Buffer, actual: Buffer): { expected: string; actual: string } | null {
  if (expected.equals(actual)) return null;
  let at = 0;
  while (expected[at] === actual[at]) at += 1;
  const around = (bytes: Buffer) => {
    const shown = bytes.subarray(Math.max(0, at - BEFORE), at + AFTER).toString("utf8");
    return `byte ${at}, after …${shown.slice(0, Math.min(at, BEFORE))}: ${shown.slice(Math.min(at, BEFORE))}…`;
  };
  return { expected: around(expected), actual: around(actual) };
}

function judgePatience({ deliveries, slowSeconds }: Evidence["slowAnswer"]): Omit<Failure, "at"> | null {
  const [first, ...others] = deliveries;
  if (!first) return null;
  const again = others.find(
    (other) =>
      other.headers["webhook-id"] === first.headers["webhook-id"] &&
      secondsBetween(first, other) < slowSeconds,
  );
  const waited = first.hungUpAfterSeconds ?? (again && secondsBetween(first, again));
  return waited === undefined
    ? null
    : {
        expected: `at least ${LEAST_PATIENCE_SECONDS} s of patience with an answer, which came after ${slowSeconds} s`,
        actual: `${first.hungUpAfterSeconds === undefined ? "tried again" : "hung up"} after ${waited.toFixed(1)} s`,
        hint: "Set your HTTP client's timeout to 15 s or more: a consumer answers when the event is on its disk.",
      };
}

export const deliveryChecks = [
  check("DLV-002", ["retries"], ({ retries }) =>
    judgeEach(
      retriedIn(retries, BEHAVIOURS).flatMap(({ first, retries: again }) =>
        again.map((retry) => ({ at: retry.id, first, retry })),
      ),
      NO_RETRY,
      ({ first, retry }) => {
        const id = first.headers["webhook-id"];
        // A batch that comes again under another id is DLV-013's matter.
        if (
          retry.headers["webhook-id"] !== id &&
          !(isBatch(retry) && bytesOf(first).equals(bytesOf(retry)))
        ) {
          return {
            where: "webhook-id",
            expected: `${show(id)}, as in the first attempt, ${first.id}`,
            actual: show(retry.headers["webhook-id"]),
            hint: "Make the id when the event is made and keep it: by it a consumer knows what it has already.",
          };
        }
        const difference = firstDifference(bytesOf(first), bytesOf(retry));
        return difference === null
          ? null
          : {
              where: "body",
              expected: `the same bytes as in the first attempt, ${first.id}: ${difference.expected}`,
              actual: difference.actual,
              hint: "Serialise the event once, keep the bytes, and send those each time.",
            };
      },
    ),
  ),

  check("DLV-003", ["retries"], async ({ retries }): Promise<Finding> => {
    const subjects = BEHAVIOURS.flatMap((behaviour) => {
      const secret = textOf(objectOf(retries.endpoints[behaviour].created), "secret") ?? "";
      return attemptsTo(retries, behaviour).flatMap(({ first, retries: again }) => {
        const last = again.at(-1);
        return last && secondsBetween(first, last) >= APART_SECONDS
          ? [{ at: last.id, first, last, secret }]
          : [];
      });
    });
    const usable = await Promise.all(subjects.map(({ secret }) => isUsable(secret)));
    const judged = await Promise.all(
      subjects
        .filter((_, index) => usable[index])
        .map(async ({ at, first, last, secret }) => ({ at, wrong: await staleness(first, last, secret) })),
    );
    return judgeEach(
      judged,
      `${NO_RETRY}; or none came ${APART_SECONDS} s after the first attempt, so late that a stale timestamp shows`,
      ({ wrong }) => wrong,
    );
  }),

  check("DLV-004", ["retries", "slowAnswer"], ({ retries, slowAnswer }): Finding => {
    const accepted = attemptsTo(retries, "accepting");
    const control = retriedIn(retries, ["refusing"])[0];
    if (!control || accepted.length === 0) return { outcome: "could-not-run", reason: NO_RETRY };
    const refused = (["redirecting", "busy", "overloaded", "cutting"] as const).flatMap((behaviour) =>
      attemptsTo(retries, behaviour),
    );
    const [followed] = retries.followed;
    const [slow] = slowAnswer.deliveries;
    // At least once is allowed, so that one comes again says nothing; that all do, says it.
    const allAgain = accepted.every((attempts) => attempts.retries.length > 0);
    const subjects = [
      ...refused.map((attempts) => ({ at: attempts.at, find: () => takenForSuccess(attempts) })),
      ...(followed
        ? [
            {
              at: followed.id,
              find: () => ({
                expected: "no redirect to be followed",
                actual: "the webhook came to where the redirect leads",
                hint: "Switch redirects off in your HTTP client: whoever answers for a consumer's address could lead its events elsewhere.",
              }),
            },
          ]
        : []),
      ...accepted.map((attempts) => ({
        at: attempts.at,
        find: () =>
          allAgain
            ? {
                expected: "202 to be taken for success",
                actual: "every delivery that was answered with 202 came again",
                hint: "Take 200 to 299 for success, whatever the body.",
              }
            : null,
      })),
      ...(slow ? [{ at: slow.id, find: () => judgePatience(slowAnswer) }] : []),
    ];
    return judgeMixed(subjects, NO_RETRY);
  }),

  check("DLV-005", ["retries"], ({ retries }) =>
    judgeEach(
      retriedIn(retries, ["busy", "overloaded"]),
      "nothing was tried again after 429 or 503; see DLV-004",
      ({ first, retries: [retry], behaviour }) => {
        const waited = retry ? secondsBetween(first, retry) : Number.POSITIVE_INFINITY;
        return waited >= retries.retryAfterSeconds - EARLY_SECONDS
          ? null
          : {
              expected: `no attempt for ${retries.retryAfterSeconds} s, as Retry-After asked beside ${behaviour === "busy" ? 429 : 503}`,
              actual: `one after ${waited.toFixed(1)} s`,
              hint: "Wait for whichever is longer: your own schedule or Retry-After.",
            };
      },
    ),
  ),

  check("DLV-006", ["retries"], ({ retries }): Finding => {
    const { gone, healthy } = retries.endpoints;
    const answered = attemptsTo(retries, "gone");
    // That nothing comes says something only of an endpoint that was posted to, by a vendor that posts.
    const [control] = findAttempts(retries.laterChange, healthy.deliveries);
    if (answered.length === 0 || !control) {
      return {
        outcome: "could-not-run",
        reason: "no webhook came to the endpoint that answered 410, or to another after that; see EVT-001",
      };
    }
    const again = answered.find((attempts) => attempts.retries.length > 0)?.retries[0];
    const later = findAttempts(retries.laterChange, gone.deliveries)[0];
    const late = again ?? later;
    if (!late) return { outcome: "pass", cites: [answered[0]?.at ?? control.id, control.id] };
    return judgeEach([{ at: late.id }], "", () => ({
      expected: "nothing after an answer of 410",
      actual: again ? "the same delivery again" : "the webhook of a change that was made afterwards",
      hint: "Stop the endpoint at once, keep it listed as stopped, and tell its owner; registering it again starts it.",
    }));
  }),

  check("DLV-007", ["retries", "outage"], ({ retries, outage }) => {
    const during = [
      ...madeOf([...retries.changes, retries.laterChange]).map((change) => ({
        change,
        deliveries: retries.endpoints.healthy.deliveries,
        latencySeconds: retries.latencySeconds,
      })),
      ...madeOf(outage.changes).map((change) => ({
        change,
        deliveries: outage.healthy.deliveries,
        // So many at once take their time; what must not be added is what others take.
        latencySeconds: outage.latencySeconds + BURST_SECONDS,
      })),
    ].map((each) => ({ ...each, at: each.change.command.id }));
    return judgeEach(
      during,
      "no status was changed; see SBX-001",
      ({ change, deliveries, latencySeconds }) => {
        const told = findAttempts(change, deliveries)[0];
        const seconds = told && (Date.parse(told.receivedAt) - Date.parse(change.triggeredAt)) / 1000;
        return seconds !== undefined && seconds <= latencySeconds + SLACK_SECONDS
          ? null
          : {
              expected: `the webhook at the healthy endpoint within ${latencySeconds} s, while others refuse, cut, or answer late`,
              actual: seconds === undefined ? "none came" : `after ${seconds.toFixed(1)} s`,
              hint: "Give each endpoint a queue and workers of its own: one that waits for another's timeout makes its outage everybody's.",
            };
      },
    );
  }),
];

/** What a machine that also carries the vendor may take more; what a slow endpoint would add is much longer. */
const SLACK_SECONDS = 5;
/** What a burst may take more than a single change. */
const BURST_SECONDS = 10;
