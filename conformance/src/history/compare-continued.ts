import { show } from "../checks/finding.ts";
import { describeResponse } from "../checks/judge-response.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange, Listing } from "../evidence/exchange.ts";
import { entriesOf, isSuccess, objectOf, textOf } from "../evidence/read.ts";
import { type EarlierRun, earliestKept } from "./earlier-run.ts";
import { type Compared, type Difference, HOUR_MS, type Side, type Snapshot, sideOf } from "./snapshot.ts";

const DAY_MS = 24 * HOUR_MS;
const CURSOR_MS = 10 * 60_000;
const NOTHING: Compared = { differences: [], doubts: [], compared: 0 };

/** What a run with `--continue` requested from the vendor. */
type Continued = NonNullable<Evidence["earlier"]>;

/** A response that proves nothing about a token, because the vendor was overloaded or failed. */
const isUnusable = ({ response }: Exchange) =>
  response === null || response.status === 429 || response.status >= 500;

const orgsOf = ({ parts }: Snapshot): string =>
  JSON.stringify(
    (parts.orgs ? entriesOf(parts.orgs.listing) : []).map(({ value }) => textOf(value, "org_id")).toSorted(),
  );

/**
 * Judges the answer to one cursor, token or event that the older run received.
 * @param answer `null` if the newer run did not ask
 * @param name what was asked for, such as `sync token`
 */
function judgeAnswer(
  [older, newer]: readonly [Snapshot, Snapshot],
  run: EarlierRun,
  answer: Exchange | null,
  name: string,
  find: () => Difference | null,
): Compared {
  const { earlier } = newer.parts;
  const doubt = (text: string): Compared => ({ ...NOTHING, doubts: [text] });
  if (!earlier) return NOTHING;
  if (earlier.finishedAt !== run.finishedAt)
    return doubt("the newer run was made with --continue and another bundle than the older bundle");
  if (run.redacted.includes(`the ${name}`))
    return doubt(`the ${name} looks like a credential, so the older bundle does not contain it`);
  if (answer === null) return NOTHING;
  if (orgsOf(older) !== orgsOf(newer))
    return doubt("the two runs list different orgs; use the same credential in both runs");
  if (isUnusable(answer))
    return doubt(`the ${name} was answered with ${describeResponse(answer)} (${answer.id})`);
  const difference = find();
  return { differences: difference ? [difference] : [], doubts: [], compared: 1 };
}

const answered = (newer: Snapshot, exchange: Exchange): Side =>
  sideOf(newer, exchange.id, "status", describeResponse(exchange));

const firstOf = (listing: Listing | null): Exchange | null => listing?.pages[0] ?? null;

/** Returns how long before a call something was issued, in days. */
const ageOf = (issuedAt: number, { startedAt }: Exchange): number =>
  (Date.parse(startedAt) - issuedAt) / DAY_MS;

/** Finds a missing tombstone in the listing since the token of an earlier run. */
function findLostTombstone(
  [older, newer]: readonly [Snapshot, Snapshot],
  token: NonNullable<EarlierRun["token"]>,
  listing: Listing,
  hint: string,
): Difference | null {
  const page = firstOf(listing);
  const isListed = entriesOf(listing).some(({ value }) => value["device_id"] === token.removed);
  if (token.removed === null || !page || listing.end !== "last_page" || isListed) return null;
  return {
    older: sideOf(
      older,
      token.at,
      "/sync_token",
      `a token issued before device ${show(token.removed)} was removed`,
    ),
    newer: sideOf(newer, page.id, "/data", `${entriesOf(listing).length} changes, without this device`),
    expected: `the tombstone of device ${show(token.removed)}`,
    hint,
  };
}

/** Judges the answer to a sync token that the vendor must still keep. @see spec/1.0/contract.md#sync-004 */
export function compareKeptToken(older: Snapshot, newer: Snapshot, run: EarlierRun): Compared {
  const { token } = run;
  const changes = newer.parts.earlier?.changes ?? null;
  const page = firstOf(changes);
  if (token && page && ageOf(token.issuedAt, page) >= token.keptDays) return NOTHING;
  return judgeAnswer([older, newer], run, page, "sync token", () => {
    if (!token || !changes || !page) return null;
    const age = ageOf(token.issuedAt, page).toFixed(1);
    if (isSuccess(page))
      return findLostTombstone(
        [older, newer],
        token,
        changes,
        `The token is ${age} days old, and you keep tokens for ${token.keptDays} days. Keep tombstones for ${token.keptDays} days too.`,
      );
    return {
      older: sideOf(older, token.at, "/sync_token", show(token.since)),
      newer: answered(newer, page),
      expected: `200: the vendor keeps tokens for ${token.keptDays} days`,
      hint: `The token is ${age} days old. Store what tokens need, so that a restart or a deployment does not invalidate them. If the two runs used different credentials of one tenant, repeat the newer run with the credential of the older run.`,
    };
  });
}

/** Judges the answer to a sync token that may have expired. @see spec/1.0/contract.md#sync-005 */
export function compareExpiredToken(older: Snapshot, newer: Snapshot, run: EarlierRun): Compared {
  const { token } = run;
  const changes = newer.parts.earlier?.changes ?? null;
  const page = firstOf(changes);
  if (!token || !page || ageOf(token.issuedAt, page) < token.keptDays) return NOTHING;
  return judgeAnswer([older, newer], run, page, "sync token", () => {
    if (!changes) return null;
    const isRefused =
      page.response?.status === 410 && textOf(objectOf(page), "code") === "sync_token_expired";
    if (isRefused) return null;
    if (isSuccess(page))
      return findLostTombstone(
        [older, newer],
        token,
        changes,
        "Answer 410 with the code sync_token_expired: the token is too old to list every later change. Or keep tombstones for as long as tokens.",
      );
    return {
      older: sideOf(older, token.at, "/sync_token", show(token.since)),
      newer: answered(newer, page),
      expected: "410 with the code sync_token_expired, or the changes since the token",
      hint: "Recognize an expired token and answer 410 with this code, so that the consumer lists everything again.",
    };
  });
}

/** Judges the answer to a cursor of the older run. @see spec/1.0/contract.md#page-010 */
export function compareCursor(older: Snapshot, newer: Snapshot, run: EarlierRun): Compared {
  const { cursor } = run;
  const page = newer.parts.earlier?.page ?? null;
  return judgeAnswer([older, newer], run, page, "cursor", () => {
    if (!cursor || !page) return null;
    const ageMs = Date.parse(page.startedAt) - cursor.issuedAt;
    const side = sideOf(
      older,
      cursor.at,
      "/next_cursor",
      `the cursor of the page after ${show(cursor.firstPage[0])}`,
    );
    if (isSuccess(page)) {
      const again = entriesOf({ limit: null, pages: [page], end: "last_page" }).find(({ value }) =>
        cursor.firstPage.includes(textOf(value, "device_id") ?? ""),
      );
      return again
        ? {
            older: side,
            newer: sideOf(newer, page.id, again.pointer, show(again.value["device_id"])),
            expected: "the page after page one, or 410",
            hint: "Answer 410 to an expired cursor. Never answer with page one: this device was on page one of the older listing.",
          }
        : null;
    }
    if (page.response?.status === 410 && ageMs >= CURSOR_MS) return null;
    return {
      older: side,
      newer: answered(newer, page),
      expected: ageMs < CURSOR_MS ? "200: a cursor works for at least 10 minutes" : "410, or the page",
      hint: `The cursor is ${Math.round(ageMs / 60_000)} minutes old. Keep cursors for 10 minutes, also across restarts, and answer 410 after they have expired.`,
    };
  });
}

/** Judges which events of the older run are still listed. @see spec/1.0/contract.md#evt-024 */
export function compareKeptEvents(older: Snapshot, newer: Snapshot, run: EarlierRun): Compared {
  const { events } = run;
  const listing: Continued["events"] = newer.parts.earlier?.events ?? null;
  const page = firstOf(listing);
  return judgeAnswer([older, newer], run, page, "events", () => {
    if (!events || !listing || !page) return null;
    const after = earliestKept(events, Date.parse(page.startedAt)) ?? Number.POSITIVE_INFINITY;
    const due = events.published.filter(({ time }) => time > after);
    const listed = new Set(entriesOf(listing).map(({ value }) => value["id"]));
    const [lost, ...others] = due.filter(({ id }) => !listed.has(id));
    if (!lost || (isSuccess(page) && listing.end !== "last_page")) return null;
    return {
      older: sideOf(older, lost.at, "/id", show(lost.id)),
      newer: isSuccess(page)
        ? sideOf(newer, page.id, "/data", `${listed.size} events, without ${show(lost.id)}`)
        : answered(newer, page),
      expected: `the events of the last ${events.depthHours} hours`,
      hint: `${others.length + 1} of ${due.length} events are lost. Keep published events for ${events.depthHours} hours, also across restarts and after they were delivered.`,
    };
  });
}
