import { batchAnswerSchema } from "@convergint/schemas";
import type { Exchange } from "../evidence/exchange.ts";
import { jsonOf, listOf, objectOf } from "../evidence/read.ts";
import type { Probed, ReceiverEvidence } from "../evidence/receiver-evidence.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const isSuccess = ({ response }: Exchange): boolean =>
  response !== null && response.status >= 200 && response.status < 300;

type Expected = "2xx" | "a refusal" | 400 | 401 | 413 | 415;
type Wrong = Omit<Failure, "at"> | null;

/** A post and what it had to be answered with. */
const expecting = (expected: Expected, hint: string, ...exchanges: readonly Exchange[]) =>
  exchanges.map((exchange) => ({ at: exchange.id, exchange, expected, hint }));

type Posted = ReturnType<typeof expecting>[number];

function isAsExpected(exchange: Exchange, expected: Expected): boolean {
  if (expected === "2xx") return isSuccess(exchange);
  if (expected === "a refusal") return exchange.response !== null && !isSuccess(exchange);
  return exchange.response?.status === expected;
}

const wronglyAnswered = ({ exchange, expected, hint }: Posted): Wrong => {
  const isRight = isAsExpected(exchange, expected);
  return isRight
    ? null
    : { expected: `${expected} for ${exchange.purpose}`, actual: describeResponse(exchange), hint };
};

const judgePosts = (posts: readonly Posted[]): Finding =>
  judgeEach(posts, "nothing was posted", wronglyAnswered);

const NO_PROBE =
  "whether it had the effect cannot be seen without asking for a device's status: give --status-url, such as https://consumer.example/v1/devices/{device_id}";

const NO_CONTROL =
  "the consumer shows no status of a device that an event was the first to tell of, so no effect can be seen; see RCV-007";

/** A status that the consumer was asked for, and what it had to be. */
interface Read {
  readonly reading: Probed;
  /** `null` where nothing may be shown. */
  readonly expected: string | null;
  readonly hint: string;
}

/**
 * Judges answers first, and then what became of the statuses; without a probe the latter cannot be told.
 *
 * @param shows whether the consumer shows the status of a fresh device at all: without that, nothing follows from what it shows
 */
function judgeEffects(posts: readonly Posted[], reads: readonly Read[], shows: boolean): Finding {
  const answers = judgePosts(posts);
  if (answers.outcome !== "pass") return answers;
  const seen = reads.flatMap(({ reading, ...read }) =>
    reading ? [{ ...read, reading, at: reading.exchange.id }] : [],
  );
  if (seen.length < reads.length) return { outcome: "could-not-run", reason: NO_PROBE };
  if (!shows) return { outcome: "could-not-run", reason: NO_CONTROL };
  const effects = judgeEach(seen, "no status was asked for", ({ reading, expected, hint }) =>
    reading.status === expected
      ? null
      : {
          where: "/status",
          expected: expected ?? "no such device, or no status of it",
          actual: reading.status ?? `no status (${describeResponse(reading.exchange)})`,
          hint,
        },
  );
  if (effects.outcome !== "pass") return effects;
  return { outcome: "pass", cites: [...answers.cites, ...effects.cites] };
}

const FRESH_STATUS = "offline";

/** Whether the consumer showed the status of a device that an event was the first to tell of. */
const showsFresh = ({ unknownDeviceAfter }: ReceiverEvidence["unknownContent"]): boolean =>
  unknownDeviceAfter?.status === FRESH_STATUS;

const VERIFIES =
  "Verify over the raw bytes of the body, before any parser has seen it, each signature of the header against each current secret.";
const REFUSES = "Answer 401 and keep nothing: anybody can post here.";

/** What a batch of which the second event is none was not answered with. */
function wrongBatchAnswer(mixed: Exchange): Wrong {
  const wrong = findSchemaFailure(batchAnswerSchema, objectOf(mixed) ?? jsonOf(mixed));
  if (wrong)
    return {
      ...wrong,
      hint: "Answer a batch with accepted, a count, and refused, a list with index and code.",
    };
  const refused = listOf(objectOf(mixed), "refused").map(({ index }) => index);
  if (refused.length === 1 && refused[0] === 1) return null;
  return {
    where: "/refused",
    expected: "the second event alone, as index 1",
    actual: refused.length === 0 ? "none" : refused.join(", "),
    hint: 'Judge each event by itself, and answer such as {"accepted":2,"refused":[{"index":1,"code":"invalid_event"}]}.',
  };
}

/** A consumer that has never asked for batches may refuse their media type. */
const takesNoBatches = ({ mixed }: ReceiverEvidence["batches"]): boolean => mixed.response?.status === 415;

/** What a consumer does with what is posted to it. */
export const receivingChecks = [
  check("RCV-001", ["signatures"], ({ signatures: { good, unusualBytes, besideAnother } }) =>
    judgePosts(expecting("2xx", VERIFIES, good, unusualBytes, besideAnother)),
  ),
  check("RCV-002", ["signatures"], ({ signatures: { good, forged, offTime, almostOffTime } }) =>
    judgePosts([
      // Who refuses everything refuses what is forged as well.
      ...expecting("2xx", "Nothing can be told of refusals where what is good is refused.", good),
      ...expecting(401, REFUSES, ...forged),
      ...expecting(
        401,
        "Answer 401 where webhook-timestamp is more than 5 minutes off your clock, or an old delivery could be played again.",
        ...offTime,
      ),
      ...expecting(
        "2xx",
        "Take a webhook-timestamp that is up to 5 minutes off your clock: clocks differ.",
        ...almostOffTime,
      ),
    ]),
  ),
  check(
    "RCV-004",
    ["duplicates", "unknownContent"],
    ({ duplicates: { first, second, again, replayed, crowd, expected, after }, unknownContent }) =>
      judgeEffects(
        expecting(
          "2xx",
          "Answer 2xx to an event that you have already: any other answer makes its sender try again for a day.",
          ...[first, second, again, replayed, ...crowd],
        ),
        [
          {
            reading: after,
            expected,
            hint: "An event that came before has no second effect: know it by source and id, and leave the status as it is.",
          },
        ],
        showsFresh(unknownContent),
      ),
  ),
  check(
    "RCV-005",
    ["order", "unknownContent"],
    ({ order: { later, earlier, laterSaid, afterBoth }, unknownContent }) =>
      judgeEffects(
        expecting(
          "2xx",
          "Answer 2xx to an event that comes late, and keep it like any other.",
          later,
          earlier,
        ),
        [
          {
            reading: afterBoth,
            expected: laterSaid,
            hint: "Compare the event's time with that of the status you have, and let the later one stand.",
          },
        ],
        showsFresh(unknownContent),
      ),
  ),
  check("RCV-006", ["content"], ({ content: { notJson, notAnEvent, mediaTypes, tooLarge } }) =>
    judgePosts([
      ...expecting(
        400,
        "Answer 400 to what is no event, whatever is wrong with it: it will not get better by being sent again, and 5xx would ask for that.",
        ...notJson,
        ...notAnEvent,
      ),
      ...expecting(
        415,
        "Take application/cloudevents+json, and answer 415 to what you do not take.",
        ...mediaTypes,
      ),
      ...expecting(413, "Read no further than you would store, and answer 413.", tooLarge),
    ]),
  ),
  check(
    "RCV-007",
    ["unknownContent"],
    ({ unknownContent: { unknownType, unknownDevice, unknownDeviceAfter } }) =>
      judgeEffects(
        expecting(
          "2xx",
          "Answer 2xx to types and devices that you do not know, and keep their events: they may be known tomorrow.",
          unknownType,
          unknownDevice,
        ),
        [
          {
            reading: unknownDeviceAfter,
            expected: FRESH_STATUS,
            hint: "Make the device where an event is the first to tell of it, without waiting for the next poll of inventory.",
          },
        ],
        true,
      ),
  ),
  check("RCV-008", ["unknownContent"], ({ unknownContent }) =>
    judgeEffects(
      expecting(
        "2xx",
        "Answer 2xx to an event of an org that is not bound yet, and keep it until somebody binds it.",
        unknownContent.unknownOrg,
      ),
      [
        {
          reading: unknownContent.unknownOrgAfter,
          expected: null,
          hint: "Show a device to nobody while its org is bound to no customer.",
        },
      ],
      showsFresh(unknownContent),
    ),
  ),
  check(
    "RCV-009",
    ["order", "unknownContent"],
    ({ order: { ahead, now, nowSaid, afterAhead }, unknownContent }) =>
      judgeEffects(
        expecting("2xx", "A wrong clock is no reason to lose an event.", ahead, now),
        [
          {
            reading: afterAhead,
            expected: nowSaid,
            hint: "Order an event whose time is more than 5 minutes ahead as of its receipt, or it hides all that follows.",
          },
        ],
        showsFresh(unknownContent),
      ),
  ),
  check("RCV-010", ["batches", "unknownContent"], ({ batches, unknownContent }) => {
    const { mixed, firstSaid, thirdSaid, afterFirst, afterThird } = batches;
    if (takesNoBatches(batches)) {
      return { outcome: "not-applicable", reason: "the consumer takes no batches: it answers 415 to one" };
    }
    const hint = "A bad event in a batch is refused alone, and loses no other.";
    const posts = expecting("2xx", hint, mixed);
    const wrong = isSuccess(mixed) ? wrongBatchAnswer(mixed) : null;
    if (wrong) return judgeEach(posts, "", () => wrong);
    const reads = [
      { reading: afterFirst, expected: firstSaid, hint },
      { reading: afterThird, expected: thirdSaid, hint },
    ];
    return judgeEffects(posts, reads, showsFresh(unknownContent));
  }),
  check("RCV-013", ["content"], ({ content: { largest } }) =>
    judgePosts(expecting("2xx", "Raise the limit of the body: frameworks often stop at 100 KiB.", largest)),
  ),
  check("RCV-014", ["unknownContent"], ({ unknownContent: { unknownMembers, unknownDeviceType } }) =>
    judgePosts(
      expecting(
        "2xx",
        "Ignore what you do not know and keep it: a strict schema turns the vendor's next release into an outage.",
        unknownMembers,
        unknownDeviceType,
      ),
    ),
  ),
  check("RCV-015", ["signatures"], ({ signatures: { good, forged, ofAnother } }): Finding => {
    if (!ofAnother) {
      return {
        outcome: "could-not-run",
        reason: "it takes a secret of another integration of the same consumer: give --other-secret",
      };
    }
    if (forged[0] && isSuccess(forged[0])) {
      return { outcome: "could-not-run", reason: "the consumer takes a secret of nobody's; see RCV-002" };
    }
    return judgePosts([
      ...expecting("2xx", "Nothing can be told of refusals where what is good is refused.", good),
      ...expecting(
        "a refusal",
        "Look the secrets up by the integration that the URL names, and try no others.",
        ofAnother,
      ),
    ]);
  }),
  check("RCV-016", ["signatures"], ({ signatures: { bySecret } }): Finding => {
    if (bySecret.length < 2) {
      return {
        outcome: "could-not-run",
        reason: "it takes two secrets that are current, as in a rotation: give --secret twice",
      };
    }
    return judgePosts(expecting("2xx", "Try each current secret, and not the newest alone.", ...bySecret));
  }),
];
