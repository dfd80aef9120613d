import type { Exchange } from "../evidence/exchange.ts";
import type { IncompleteListing, PolledListing } from "../evidence/polling-evidence.ts";
import { objectOf, textOf } from "../evidence/read.ts";
import type { Probed, StatusReading } from "../evidence/receiver-evidence.ts";
import { isRemoved } from "../evidence/receiver-evidence.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";

const unable = (reason: string): Finding => ({ outcome: "could-not-run", reason });

const NO_PROBE = unable(
  "what became of it cannot be seen without asking for a device: give --status-url, such as https://consumer.example/v1/devices/{device_id}",
);

const NOT_SHOWN = unable(
  "the consumer does not show a device that its inventory lists, so it cannot be seen whether it takes it away; see RCV-018",
);

const fails = (failure: Failure): Finding => ({ outcome: "fail", failures: [failure], judged: null });

/** Where in a listing something is seen: its last request. */
const lastOf = ({ exchanges }: PolledListing): string => exchanges.at(-1)?.id ?? "";

/** The pages after the first that were asked for. */
const laterPages = ({ exchanges }: PolledListing): readonly Exchange[] =>
  exchanges.filter(({ request }) => new URL(request.url).searchParams.has("cursor"));

const isDone = ({ followedAt }: PolledListing): boolean => followedAt !== null;

const pollsNoMore = (at: string, { waitedSeconds }: PolledListing): Finding =>
  fails({
    at,
    expected: `another listing begun within ${waitedSeconds} s`,
    actual: "none",
    hint: "Poll again and again on a schedule, without waiting for a webhook or a person.",
  });

const shown = (reading: StatusReading): string =>
  isRemoved(reading)
    ? `removed (${describeResponse(reading.exchange)})`
    : `${reading.status ?? "no status"} (${describeResponse(reading.exchange)})`;

/** A reading that there is, with its place. */
const seen = (reading: Probed, expected: string, hint: string) =>
  reading ? [{ at: reading.exchange.id, reading, expected, hint }] : [];

const judgeStatuses = (reads: readonly ReturnType<typeof seen>[number][]): Finding =>
  judgeEach(reads, "no status was asked for", ({ reading, expected, hint }) =>
    reading.status === expected ? null : { where: "/status", expected, actual: shown(reading), hint },
  );

/** Judges that a device was kept while the listings that lack it were not complete. */
function judgeKept(trials: readonly IncompleteListing[], hint: string): Finding {
  const untried = trials.find(({ listing }) => laterPages(listing).length === 0 || !isDone(listing));
  if (untried) {
    return unable(
      `the consumer did not read on in a listing ${untried.fault}, or began no other within ${untried.listing.waitedSeconds} s; see RCV-018`,
    );
  }
  const kept = trials.flatMap(({ fault, after }) =>
    seen(after, `the device, as it was before a listing ${fault} lacked it`, hint),
  );
  return judgeEach(kept, "no device was asked for", ({ reading, expected }) =>
    isRemoved(reading) ? { expected, actual: shown(reading), hint } : null,
  );
}

const INCOMPLETE =
  "Take a listing for complete only where its last page was read, each page repeats the snapshot of the first, no item comes twice, and total_count is the number of items. Else keep what you had and read it again at the next poll.";
const UNREAD =
  "A page that cannot be read says nothing of the devices on it: keep what you had, and take a device away only when a whole listing lacks it.";

const both = (...findings: readonly Finding[]): Finding => {
  const [worst] = [
    ...findings.filter(({ outcome }) => outcome === "fail"),
    ...findings.filter(({ outcome }) => outcome !== "pass"),
  ];
  if (worst) return worst;
  const [first, ...rest] = findings.flatMap((finding) => (finding.outcome === "pass" ? finding.cites : []));
  return first === undefined ? unable("nothing was seen") : { outcome: "pass", cites: [first, ...rest] };
};

/** The value of a member that a consumer may show of a device, beside its status. */
const memberOf = (reading: StatusReading, name: string): string | null =>
  textOf(objectOf(reading.exchange), name);

/** How a consumer polls a vendor's inventory. */
export const pollingChecks = [
  check(
    "RCV-018",
    ["polling", "removals"],
    ({ polling: { atRest, listing, pages, onLastPage, onLastPageSaid }, removals }): Finding => {
      if (listing.requests === 0) return pollsNoMore(atRest?.id ?? "", listing);
      const read = new Set(
        listing.exchanges.map(({ request }) => new URL(request.url).searchParams.get("cursor")),
      );
      if (read.size < pages) {
        return fails({
          at: lastOf(listing),
          where: "/next_cursor",
          expected: `all ${pages} pages of the listing asked for, each by the next_cursor of the one before`,
          actual: `${read.size} of them`,
          hint: "Go on with next_cursor until it is null, however many items a page has.",
        });
      }
      if (!isDone(listing) || !removals) return pollsNoMore(lastOf(listing), listing);
      if (!onLastPage) return NO_PROBE;
      const learnt = judgeStatuses(
        seen(onLastPage, onLastPageSaid, "A device of the last page is listed like one of the first."),
      );
      if (!removals.before || isRemoved(removals.before)) return both(learnt, NOT_SHOWN);
      return both(
        learnt,
        judgeKept(
          removals.incomplete.filter(({ breaksRules }) => breaksRules),
          INCOMPLETE,
        ),
        // Who takes nothing away at all has not kept it for its rules.
        removals.afterComplete && isRemoved(removals.afterComplete)
          ? { outcome: "pass", cites: [removals.afterComplete.exchange.id] }
          : unable("the consumer takes no device away even by a complete listing; see RCV-019"),
      );
    },
  ),
  check("RCV-019", ["removals"], ({ removals }): Finding => {
    if (!removals) return unable("the consumer began no second listing; see RCV-018");
    const { before, incomplete, complete, afterComplete } = removals;
    if (!before || !afterComplete) return NO_PROBE;
    if (isRemoved(before)) return NOT_SHOWN;
    const kept = judgeKept(
      incomplete.filter(({ breaksRules }) => !breaksRules),
      UNREAD,
    );
    if (kept.outcome === "fail") return kept;
    if (!isDone(complete)) {
      return both(
        kept,
        unable(`the consumer began no other listing within ${complete.waitedSeconds} s; see RCV-018`),
      );
    }
    const taken = judgeEach(
      [{ at: afterComplete.exchange.id, reading: afterComplete }],
      "no device was asked for",
      ({ reading }) =>
        isRemoved(reading)
          ? null
          : {
              where: "/lifecycle",
              expected: "removed, or 404, once a complete listing lacks the device",
              actual: shown(reading),
              hint: "Compare each complete listing with the devices that you know, and take for removed what it lacks.",
            },
    );
    return both(kept, taken);
  }),
  check("RCV-020", ["observations"], ({ observations: { events, listing, devices } }): Finding => {
    const refused = events.find(({ response }) => (response?.status ?? 0) >= 300 || response === null);
    if (refused) return unable(`the consumer did not take ${refused.purpose}: ${describeResponse(refused)}`);
    if (!isDone(listing)) {
      return unable(`the consumer began no other listing within ${listing.waitedSeconds} s; see RCV-018`);
    }
    if (devices.some(({ reading }) => reading === null)) return NO_PROBE;
    return judgeStatuses(
      devices.flatMap(({ told, expected, reading }) =>
        seen(
          reading,
          expected,
          `It was told of by ${told}. A listed status was observed at its status_observed_at, or else at the snapshot's as_of, never at the moment you read it: the later of it and the event's time stands.`,
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
        return unable(
          `the consumer did not come again within ${busy.waitedSeconds} s after a 429; see RCV-018`,
        );
      }
      const answeredAt = Date.parse(refusal.startedAt) + refusal.durationMs;
      const waitedMs = Date.parse(busy.followedAt) - answeredAt;
      // Two clocks of one machine, each rounded to a millisecond.
      const waited = judgeEach([{ at: refusal.id }], "", () =>
        waitedMs >= retryAfterSeconds * 1000 - 20
          ? null
          : {
              where: "retry-after",
              expected: `no call for ${retryAfterSeconds} s, as Retry-After asks`,
              actual: `the next after ${(waitedMs / 1000).toFixed(1)} s`,
              hint: "Put the next poll off until Retry-After is over, whatever the schedule says.",
            },
      );
      if (laterPages(circle).length === 0) {
        return both(waited, unable("the consumer followed no cursor at all; see RCV-018"));
      }
      const left = judgeEach([{ at: lastOf(circle) }], "", () =>
        circle.requests < maxPages && isDone(circle)
          ? null
          : {
              where: "/next_cursor",
              expected: "a listing given up whose cursors lead in a circle",
              actual: `${circle.requests} pages of it asked for${isDone(circle) ? "" : ", and no other listing begun"}`,
              hint: "Keep the cursors of a listing, and give it up when one comes a second time.",
            },
      );
      return both(waited, left);
    },
  ),
  check(
    "RCV-024",
    ["vendorTerms"],
    ({ vendorTerms: { event, listing, sent, byInventory, byEvent } }): Finding => {
      const status = event.response?.status ?? 0;
      if (status < 200 || status > 299) {
        return unable(`the consumer did not take ${event.purpose}: ${describeResponse(event)}; see RCV-014`);
      }
      if (!isDone(listing)) {
        return unable(`the consumer began no other listing within ${listing.waitedSeconds} s; see RCV-018`);
      }
      if (!byInventory || !byEvent) return NO_PROBE;
      if (byInventory.status === null || byEvent.status === null) {
        return unable("the consumer does not show the status of both devices; see RCV-007 and RCV-018");
      }
      const alike = ["status", "type"].map((name) => ({
        at: byEvent.exchange.id,
        where: `/${name}`,
        expected: memberOf(byInventory, name),
        actual: memberOf(byEvent, name),
        hint: "Map a vendor's words by one table, in the inventory and in events.",
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
          // A consumer need not show it here: what neither device shows cannot be judged.
          expected:
            memberOf(byInventory, name) === null && memberOf(byEvent, name) === null ? null : expected,
          actual: memberOf(reading, name),
          hint: "Keep the vendor's own word beside yours, wherever it came from.",
        })),
      );
      return judgeEach([...alike, ...kept], "", ({ where, expected, actual, hint }) =>
        expected === actual
          ? null
          : {
              where,
              expected: expected ?? "nothing, as of the listed device",
              actual: actual ?? "nothing",
              hint,
            },
      );
    },
  ),
];
