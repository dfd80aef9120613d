import { batchAnswerSchema } from "@convergint/schemas";
import type { Exchange } from "../evidence/exchange.ts";
import { isSuccess, jsonOf, listOf, objectOf } from "../evidence/read.ts";
import type { Probed, ReceiverEvidence } from "../evidence/receiver-evidence.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, type Problem, withUnseen } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

type Expected = "2xx" | "a refusal" | 400 | 401 | 413 | 415;
/** Pairs requests with the response that they require. */
const toPosts = (expected: Expected, hint: string, ...exchanges: readonly Exchange[]) =>
  exchanges.map((exchange) => ({ at: exchange.id, exchange, expected, hint }));

type Posted = ReturnType<typeof toPosts>[number];

function isAsExpected(exchange: Exchange, expected: Expected): boolean {
  if (expected === "2xx") return isSuccess(exchange);
  if (expected === "a refusal") return exchange.response !== null && !isSuccess(exchange);
  return exchange.response?.status === expected;
}

const findAnswerProblem = ({ exchange, expected, hint }: Posted): Problem | null => {
  const isRight = isAsExpected(exchange, expected);
  return isRight
    ? null
    : { expected: `${expected} for ${exchange.purpose}`, actual: describeResponse(exchange), hint };
};

const judgePosts = (posts: readonly Posted[]): Finding =>
  judgeEach(posts, "nothing was posted", findAnswerProblem);

const NO_PROBE =
  "the suite must look up a device's status to see the effect; pass --status-url, such as https://consumer.example/v1/devices/{device_id}";

const NO_CONTROL =
  "the consumer shows no status for a device that only events mention, so the suite cannot see any effect. The contract allows a consumer to wait for a listing with the device (see RCV-007); to be tested, show such devices immediately in a test tenant";

/** A status that the suite looked up, and the status that is required. */
interface Read {
  readonly reading: Probed;
  /** `null` if the consumer must not show a status. */
  readonly expected: string | null;
  readonly hint: string;
}

/**
 * Judges the responses first, then the resulting statuses; without a probe, the statuses are unknown.
 *
 * @param shows whether the consumer shows the status of a new device at all; if not, the statuses prove
 *   nothing
 */
function judgeEffects(posts: readonly Posted[], reads: readonly Read[], shows: boolean): Finding {
  const answers = judgePosts(posts);
  if (answers.outcome !== "pass") return answers;
  const seen = reads.flatMap(({ reading, ...read }) =>
    reading ? [{ ...read, reading, at: reading.exchange.id }] : [],
  );
  if (seen.length < reads.length) return { outcome: "could-not-run", reason: NO_PROBE };
  if (!shows) return { outcome: "could-not-run", reason: NO_CONTROL };
  const effects = judgeEach(seen, "no status was looked up", ({ reading, expected, hint }) =>
    reading.status === expected
      ? null
      : {
          where: "/status",
          expected: expected ?? "no such device, or no status for it",
          actual: reading.status ?? `no status (${describeResponse(reading.exchange)})`,
          hint,
        },
  );
  if (effects.outcome !== "pass") return effects;
  return { outcome: "pass", cites: [...answers.cites, ...effects.cites] };
}

const FRESH_STATUS = "offline";

const NOT_LISTED =
  "the consumer answered 2xx, but showed no status for a device that no listing has; it may keep the event until the device is listed. Pass --inventory-port and --inventory-key, so that the suite can list the device";

/** Tells whether the consumer showed the status of a device first mentioned by an event. */
const showsFresh = ({ unknownDeviceAfter }: ReceiverEvidence["unknownContent"]): boolean =>
  unknownDeviceAfter?.status === FRESH_STATUS;

const VERIFIES =
  "This delivery is signed correctly with the secret that you passed to the suite. If the consumer knows that secret, verify over the raw body bytes, before any parser. Try each signature in the header with each current secret.";
const REFUSES = "Answer 401 and store nothing. Anyone can post to this URL.";

/**
 * Returns what is wrong with the response to a batch of which the second event is invalid; `null` if the
 * response is right.
 */
function findBatchAnswerProblem(mixed: Exchange): Problem | null {
  const wrong = findSchemaFailure(batchAnswerSchema, objectOf(mixed) ?? jsonOf(mixed));
  if (wrong)
    return {
      ...wrong,
      hint: "Answer a batch with two members: accepted is a count, and refused is a list of objects with index and code.",
    };
  const refused = listOf(objectOf(mixed), "refused").map(({ index }) => index);
  if (refused.length === 1 && refused[0] === 1) return null;
  return {
    where: "/refused",
    expected: "only the second event, which has index 1",
    actual: refused.length === 0 ? "none" : refused.join(", "),
    hint: 'Validate each event separately. Example response: {"accepted":2,"refused":[{"index":1,"code":"invalid_event"}]}',
  };
}

/** A consumer that does not support batches may refuse the media type of batches. */
const refusesBatches = ({ mixed }: ReceiverEvidence["batches"]): boolean => mixed.response?.status === 415;

/** Checks of what a consumer does with the webhooks it receives. */
export const receivingChecks = [
  check("RCV-001", ["signatures"], ({ signatures: { good, unusualBytes, withAnotherSignature } }) =>
    judgePosts(toPosts("2xx", VERIFIES, good, unusualBytes, withAnotherSignature)),
  ),
  check(
    "RCV-002",
    ["signatures"],
    ({ signatures: { good, forged, offTime, almostOffTime, forgedEffects } }): Finding => {
      const answers = judgePosts([
        // If a consumer refuses everything, its refusal of forgeries proves nothing.
        ...toPosts(
          "2xx",
          "Accept a correctly signed delivery. A consumer that refuses every delivery does not prove that it recognizes a forged delivery.",
          good,
        ),
        ...toPosts(401, REFUSES, ...forged),
        ...toPosts(
          401,
          "Answer 401 if webhook-timestamp differs from your clock by more than 5 minutes. Otherwise an old delivery can be replayed.",
          ...offTime,
        ),
        ...toPosts(
          "2xx",
          "Accept a webhook-timestamp within 5 minutes of your clock, because clocks differ.",
          ...almostOffTime,
        ),
      ]);
      if (answers.outcome !== "pass") return answers;
      if (forgedEffects?.control.status !== FRESH_STATUS) {
        return {
          ...answers,
          unseen:
            "The suite could not look up devices, so it did not see whether a refused event took effect.",
        };
      }
      const effects = judgeEach(
        forgedEffects.effects.map((each) => ({ at: each.reading.exchange.id, ...each })),
        "no forged event was refused",
        ({ purpose, reading }) =>
          reading.status === null
            ? null
            : {
                where: "/status",
                expected: `no such device, because the only event about it was refused: ${purpose}`,
                actual: reading.status,
                hint: "Verify the signature before you do anything with the body.",
              },
      );
      return effects.outcome === "pass"
        ? { outcome: "pass", cites: [...answers.cites, ...effects.cites] }
        : effects;
    },
  ),
  check(
    "RCV-004",
    ["duplicates", "unknownContent"],
    ({
      duplicates: { first, second, again, replayed, crowd, expected, after, distinct },
      unknownContent,
    }) => {
      const finding = judgeEffects(
        [
          ...toPosts(
            "2xx",
            "Answer 2xx to a duplicate. Any other response makes the sender retry for a day.",
            ...[first, second, again, replayed, ...crowd],
          ),
          ...toPosts(
            "2xx",
            "Accept different events, even if they arrive at the same time.",
            ...(distinct?.posts ?? []),
          ),
        ],
        [
          ...(distinct?.readings ?? []).map((reading) => ({
            reading,
            expected: distinct?.expected ?? null,
            hint: "Store every event that has another source or id, even if several events arrive at the same time. Only an event with the same source and id is a duplicate.",
          })),
          {
            reading: after,
            expected,
            hint: "Recognize a duplicate event by source and id, and do not change the status.",
          },
        ],
        showsFresh(unknownContent),
      );
      return withUnseen(
        finding,
        "The suite sees only a device's status, so a duplicate that creates a second ticket, count or notification is not seen.",
      );
    },
  ),
  check(
    "RCV-005",
    ["order", "unknownContent"],
    ({ order: { later, earlier, laterSaid, afterBoth, withinASecond: quick }, unknownContent }) =>
      judgeEffects(
        toPosts(
          "2xx",
          "Answer 2xx to a late event, and store it like any other event.",
          ...[later, earlier, ...(quick ? [quick.later, quick.earlier] : [])],
        ),
        [
          {
            reading: afterBoth,
            expected: laterSaid,
            hint: "Compare the event's time with the time of the status that you have. Keep the status with the later time.",
          },
          ...(quick
            ? [
                {
                  reading: quick.after,
                  expected: laterSaid,
                  hint: "The two changes are within one second, and one of the times has no fraction of a second. Parse both times and compare them as points in time, including the fraction. Do not round to seconds, and do not compare strings.",
                },
              ]
            : []),
        ],
        showsFresh(unknownContent),
      ),
  ),
  check("RCV-006", ["content"], ({ content: { notJson, notAnEvent, mediaTypes, tooLarge } }) =>
    judgePosts([
      ...toPosts(
        400,
        "Answer 400 to anything that is not a valid event. After a 5xx, the sender would retry the same invalid bytes.",
        ...notJson,
        ...notAnEvent,
      ),
      ...toPosts(
        415,
        "Accept application/cloudevents+json, and answer 415 to unsupported media types.",
        ...mediaTypes,
      ),
      ...toPosts(413, "Stop reading at your size limit and answer 413.", tooLarge),
    ]),
  ),
  check("RCV-007", ["unknownContent"], ({ unknownContent }): Finding => {
    const { unknownType, unknownDevice, unknownDeviceAfter, unknownDeviceListed } = unknownContent;
    const reading = unknownDeviceListed ?? unknownDeviceAfter;
    const finding = judgeEffects(
      toPosts(
        "2xx",
        "Answer 2xx to events of unknown types or devices, and store the events. You may learn about the type or device later.",
        unknownType,
        unknownDevice,
      ),
      [
        {
          reading,
          expected: FRESH_STATUS,
          hint: unknownDeviceListed
            ? "When a listing contains a device for which you kept an event, apply that event. The event is later than the listed status."
            : "Store the event, and show the status that it reports.",
        },
      ],
      true,
    );
    const mayBeKept =
      unknownDeviceAfter !== null && unknownDeviceAfter.status === null && !unknownDeviceListed;
    return finding.outcome === "fail" && isSuccess(unknownType) && isSuccess(unknownDevice) && mayBeKept
      ? { outcome: "could-not-run", reason: NOT_LISTED }
      : withUnseen(finding, "The suite did not see whether an event of an unknown type was stored.");
  }),
  check("RCV-008", ["unknownContent"], ({ unknownContent }) => {
    const { unknownOrg, unknownOrgAfter, unknownSite } = unknownContent;
    const finding = judgeEffects(
      toPosts(
        "2xx",
        "Answer 2xx to an event of an org or site that is not bound to a customer. Keep the event until the org or site is bound.",
        ...[unknownOrg, ...(unknownSite ? [unknownSite] : [])],
      ),
      [
        {
          reading: unknownOrgAfter,
          expected: null,
          hint: "Do not show a device while its org is not bound to a customer.",
        },
      ],
      showsFresh(unknownContent),
    );
    return withUnseen(
      finding,
      "The suite binds no org, so it did not see whether the event takes effect after its org or site is bound.",
    );
  }),
  check(
    "RCV-009",
    ["order", "unknownContent"],
    ({ order: { ahead, now, nowSaid, afterAhead }, unknownContent }) =>
      judgeEffects(
        toPosts(
          "2xx",
          "Answer 2xx to an event with a wrong time, so that the event is not lost.",
          ahead,
          now,
        ),
        [
          {
            reading: afterAhead,
            expected: nowSaid,
            hint: "If an event's time is more than 5 minutes in the future, order the event by its time of receipt. Otherwise the event hides all later events.",
          },
        ],
        showsFresh(unknownContent),
      ),
  ),
  check("RCV-010", ["batches", "unknownContent"], ({ batches, unknownContent }) => {
    const { mixed, firstSaid, thirdSaid, afterFirst, afterThird } = batches;
    if (refusesBatches(batches)) {
      return { outcome: "not-applicable", reason: "the consumer does not support batches: it answered 415" };
    }
    const hint = "Refuse only the invalid event of a batch, and process the others.";
    const posts = toPosts("2xx", hint, mixed);
    const wrong = isSuccess(mixed) ? findBatchAnswerProblem(mixed) : null;
    if (wrong) return judgeEach(posts, "", () => wrong);
    const reads = [
      { reading: afterFirst, expected: firstSaid, hint },
      { reading: afterThird, expected: thirdSaid, hint },
    ];
    return judgeEffects(posts, reads, showsFresh(unknownContent));
  }),
  check("RCV-013", ["content"], ({ content: { largest } }) =>
    judgePosts(
      toPosts("2xx", "Raise the size limit for request bodies. Frameworks often stop at 100 KiB.", largest),
    ),
  ),
  check("RCV-014", ["unknownContent"], ({ unknownContent: { unknownMembers, unknownDeviceType } }) =>
    judgePosts(
      toPosts(
        "2xx",
        "Accept and store unknown members and values. If your schema refuses them, you refuse every delivery as soon as the vendor adds a member.",
        unknownMembers,
        unknownDeviceType,
      ),
    ),
  ),
  check("RCV-015", ["signatures"], ({ signatures: { good, forged, ofAnother } }): Finding => {
    if (!ofAnother) {
      return {
        outcome: "could-not-run",
        reason: "this check needs a secret of another integration of the same consumer; pass --other-secret",
      };
    }
    if (forged[0] && isSuccess(forged[0])) {
      return { outcome: "could-not-run", reason: "the consumer accepts a made-up secret; see RCV-002" };
    }
    return judgePosts([
      ...toPosts(
        "2xx",
        "Accept a correctly signed delivery. A consumer that refuses every delivery does not prove that it recognizes a forged delivery.",
        good,
      ),
      ...toPosts(
        "a refusal",
        "Look up the secrets of the integration that the URL names, and try no other secrets.",
        ofAnother,
      ),
    ]);
  }),
  check("RCV-016", ["signatures"], ({ signatures: { bySecret } }): Finding => {
    if (bySecret.length < 2) {
      return {
        outcome: "could-not-run",
        reason: "this check needs two current secrets, as during a rotation; pass --secret twice",
      };
    }
    return judgePosts(toPosts("2xx", "Try every current secret, not only the newest.", ...bySecret));
  }),
];
