import type { Exchange } from "../evidence/exchange.ts";
import type { IncompleteListing, PolledListing } from "../evidence/polling-evidence.ts";
import { isSuccess, objectOf, textOf } from "../evidence/read.ts";
import { isRemoved, type Probed, type StatusReading } from "../evidence/receiver-evidence.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";

const cannotRun = (reason: string): Finding => ({ outcome: "could-not-run", reason });

const NO_PROBE = cannotRun(
  "the suite must look up a device to see the result; pass --status-url, such as https://consumer.example/v1/devices/{device_id}",
);

const NOT_SHOWN = cannotRun(
  "the consumer does not show a device that the inventory lists, so the suite cannot see whether the consumer removes it; see RCV-018",
);

const toFinding = (failure: Failure): Finding => ({ outcome: "fail", failures: [failure], judged: null });

/** Returns the id of a listing's last request, to cite. */
const lastOf = ({ exchanges }: PolledListing): string => exchanges.at(-1)?.id ?? "";

/** Returns the requests for pages after the first. */
const laterPages = ({ exchanges }: PolledListing): readonly Exchange[] =>
  exchanges.filter(({ request }) => new URL(request.url).searchParams.has("cursor"));

const isDone = ({ followedAt }: PolledListing): boolean => followedAt !== null;

const failForNoPoll = (at: string, { waitedSeconds }: PolledListing): Finding =>
  toFinding({
    at,
    expected: `another listing started within ${waitedSeconds} s`,
    actual: "none",
    hint: "Poll on a schedule, without waiting for a webhook or a person.",
  });

const describeReading = (reading: StatusReading): string =>
  isRemoved(reading)
    ? `removed (${describeResponse(reading.exchange)})`
    : `${reading.status ?? "no status"} (${describeResponse(reading.exchange)})`;

/** Returns the reading as the only subject to judge; an empty list if there is no reading. */
const toSubjects = (reading: Probed, expected: string, hint: string) =>
  reading ? [{ at: reading.exchange.id, reading, expected, hint }] : [];

const judgeStatuses = (reads: readonly ReturnType<typeof toSubjects>[number][]): Finding =>
  judgeEach(reads, "no status was looked up", ({ reading, expected, hint }) =>
    reading.status === expected
      ? null
      : { where: "/status", expected, actual: describeReading(reading), hint },
  );

/** Judges whether the consumer kept a device that was missing from incomplete listings. */
function judgeKept(trials: readonly IncompleteListing[], hint: string): Finding {
  const untried = trials.find(({ listing }) => laterPages(listing).length === 0 || !isDone(listing));
  if (untried) {
    return cannotRun(
      `the consumer read no further page of a listing ${untried.fault}, or started no other listing within ${untried.listing.waitedSeconds} s; see RCV-018`,
    );
  }
  const kept = trials.flatMap(({ fault, after }) =>
    toSubjects(after, `the device kept, although it is missing from a listing ${fault}`, hint),
  );
  return judgeEach(kept, "no device was looked up", ({ reading, expected }) =>
    isRemoved(reading) ? { expected, actual: describeReading(reading), hint } : null,
  );
}

const INCOMPLETE =
  "Treat a listing as complete only under four conditions: you read its last page, all pages have the same snapshot, no item is listed twice, and total_count equals the number of items. Otherwise keep the devices you have, and read the listing again at the next poll.";
const UNREAD =
  "Keep your devices when a page cannot be read. Remove a device only when it is missing from a complete listing.";

const combine = (...findings: readonly Finding[]): Finding => {
  const [worst] = [
    ...findings.filter(({ outcome }) => outcome === "fail"),
    ...findings.filter(({ outcome }) => outcome !== "pass"),
  ];
  if (worst) return worst;
  const [first, ...rest] = findings.flatMap((finding) => (finding.outcome === "pass" ? finding.cites : []));
  return first === undefined
    ? cannotRun("the suite saw nothing to judge")
    : { outcome: "pass", cites: [first, ...rest] };
};

/** Reads a member that a consumer may show for a device, other than the status. */
const memberOf = (reading: StatusReading, name: string): string | null =>
  textOf(objectOf(reading.exchange), name);

/** Checks of how a consumer polls a vendor's inventory. */
export const pollingChecks = [
  check(
    "RCV-018",
    ["polling", "removals"],
    ({ polling: { atRest, listing, pages, onLastPage, onLastPageSaid }, removals }): Finding => {
      if (listing.requests === 0) return failForNoPoll(atRest?.id ?? "", listing);
      const cursors = new Set(
        listing.exchanges.map(({ request }) => new URL(request.url).searchParams.get("cursor")),
      );
      if (cursors.size < pages) {
        return toFinding({
          at: lastOf(listing),
          where: "/next_cursor",
          expected: `requests for all ${pages} pages of the listing, each with the next_cursor of the page before`,
          actual: `requests for ${cursors.size} pages`,
          hint: "Follow next_cursor until it is null, however many items a page has.",
        });
      }
      if (!isDone(listing) || !removals) return failForNoPoll(lastOf(listing), listing);
      if (!onLastPage) return NO_PROBE;
      const read = judgeStatuses(
        toSubjects(
          onLastPage,
          onLastPageSaid,
          "Process the devices of every page, including those of the last page.",
        ),
      );
      if (!removals.before || isRemoved(removals.before)) return combine(read, NOT_SHOWN);
      return combine(
        read,
        judgeKept(
          removals.incomplete.filter(({ breaksRules }) => breaksRules),
          INCOMPLETE,
        ),
        // If a consumer never removes devices, the fact that this device was kept proves nothing.
        removals.afterComplete && isRemoved(removals.afterComplete)
          ? { outcome: "pass", cites: [removals.afterComplete.exchange.id] }
          : cannotRun("the consumer does not remove a device even after a complete listing; see RCV-019"),
      );
    },
  ),
  check("RCV-019", ["removals"], ({ removals }): Finding => {
    if (!removals) return cannotRun("the consumer started no second listing; see RCV-018");
    const { before, incomplete, complete, afterComplete } = removals;
    if (!before || !afterComplete) return NO_PROBE;
    if (isRemoved(before)) return NOT_SHOWN;
    const kept = judgeKept(
      incomplete.filter(({ breaksRules }) => !breaksRules),
      UNREAD,
    );
    if (kept.outcome === "fail") return kept;
    if (!isDone(complete)) {
      return combine(
        kept,
        cannotRun(`the consumer started no other listing within ${complete.waitedSeconds} s; see RCV-018`),
      );
    }
    const taken = judgeEach(
      [{ at: afterComplete.exchange.id, reading: afterComplete }],
      "no device was looked up",
      ({ reading }) =>
        isRemoved(reading)
          ? null
          : {
              where: "/lifecycle",
              expected: "removed, or 404, after a complete listing without the device",
              actual: describeReading(reading),
              hint: "Compare each complete listing with the devices you know, and mark devices that the listing does not contain as removed.",
            },
    );
    return combine(kept, taken);
  }),
  check("RCV-020", ["observations"], ({ observations: { events, listing, devices } }): Finding => {
    const refused = events.find((event) => !isSuccess(event));
    if (refused)
      return cannotRun(`the consumer did not accept ${refused.purpose}: ${describeResponse(refused)}`);
    if (!isDone(listing)) {
      return cannotRun(
        `the consumer started no other listing within ${listing.waitedSeconds} s; see RCV-018`,
      );
    }
    if (devices.some(({ reading }) => reading === null)) return NO_PROBE;
    return judgeStatuses(
      devices.flatMap(({ sources, expected, reading }) =>
        toSubjects(
          reading,
          expected,
          `The device was reported by ${sources}. Keep the status with the later time. For an event, use its time. For a listing, use the device's status_observed_at or, if that is missing, the snapshot's as_of. Never use the time when you read the listing.`,
        ),
      ),
    );
  }),
  check(
    "RCV-022",
    ["pollerLimits"],
    ({ pollerLimits: { retryAfterSeconds, busy, circle, maxPages } }): Finding => {
      const [refusal] = busy.exchanges;
      if (!refusal || busy.followedAt === null) {
        return cannotRun(
          `the consumer sent no request within ${busy.waitedSeconds} s after a 429; see RCV-018`,
        );
      }
      const answeredAt = Date.parse(refusal.startedAt) + refusal.durationMs;
      const waitedMs = Date.parse(busy.followedAt) - answeredAt;
      // Allow for the difference between two clocks of one machine, each rounded to a millisecond.
      const waited = judgeEach([{ at: refusal.id }], "", () =>
        waitedMs >= retryAfterSeconds * 1000 - 20
          ? null
          : {
              where: "retry-after",
              expected: `no request for ${retryAfterSeconds} s, the value of Retry-After`,
              actual: `the next request after ${(waitedMs / 1000).toFixed(1)} s`,
              hint: "Delay the next poll until Retry-After has passed, whatever the schedule says.",
            },
      );
      if (laterPages(circle).length === 0) {
        return combine(waited, cannotRun("the consumer followed no cursor at all; see RCV-018"));
      }
      const left = judgeEach([{ at: lastOf(circle) }], "", () =>
        circle.requests < maxPages && isDone(circle)
          ? null
          : {
              where: "/next_cursor",
              expected: "the consumer abandons a listing whose cursors repeat",
              actual: `${circle.requests} requests for pages of this listing${isDone(circle) ? "" : ", and no other listing started"}`,
              hint: "Remember the cursors of a listing, and abandon the listing when a cursor repeats.",
            },
      );
      return combine(waited, left);
    },
  ),
  check(
    "RCV-024",
    ["vendorTerms"],
    ({ vendorTerms: { event, listing, sent, byInventory, byEvent } }): Finding => {
      if (!isSuccess(event)) {
        return cannotRun(
          `the consumer did not accept ${event.purpose}: ${describeResponse(event)}; see RCV-014`,
        );
      }
      if (!isDone(listing)) {
        return cannotRun(
          `the consumer started no other listing within ${listing.waitedSeconds} s; see RCV-018`,
        );
      }
      if (!byInventory || !byEvent) return NO_PROBE;
      if (byInventory.status === null || byEvent.status === null) {
        return cannotRun("the consumer does not show the status of both devices; see RCV-007 and RCV-018");
      }
      const alike = ["status", "type"].map((name) => ({
        at: byEvent.exchange.id,
        where: `/${name}`,
        expected: memberOf(byInventory, name),
        actual: memberOf(byEvent, name),
        hint: "Map vendor terms with the same table for inventory and events.",
      }));
      const kept = [byInventory, byEvent].flatMap((reading) =>
        (
          [
            ["vendor_status", sent.vendorStatus],
            ["vendor_type", sent.vendorType],
          ] as const
        ).map(([name, expected]) => ({
          at: reading.exchange.id,
          where: `/${name}`,
          // A consumer may hide the vendor's terms. If the consumer shows no vendor term for either device,
          // the term cannot be judged.
          expected:
            memberOf(byInventory, name) === null && memberOf(byEvent, name) === null ? null : expected,
          actual: memberOf(reading, name),
          hint: "Store the vendor's term together with your own term, both for inventory and for events.",
        })),
      );
      return judgeEach([...alike, ...kept], "", ({ where, expected, actual, hint }) =>
        expected === actual
          ? null
          : {
              where,
              expected: expected ?? "nothing, as for the device in the inventory",
              actual: actual ?? "nothing",
              hint,
            },
      );
    },
  ),
];
