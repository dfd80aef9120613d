import suite from "../../package.json" with { type: "json" };
import { requirements } from "../registry/requirements.ts";
import { explainConclusion } from "../report/conclusion.ts";
import { createMarker, redactReport } from "../report/redact.ts";
import { createReport } from "../report/report.ts";
import type { Recorded, Run } from "../suite/grade.ts";
import { type Comparison, compareRuns, IncomparableError } from "./compare.ts";
import type { WatchEntry } from "./watch-history.ts";

type Verdict = WatchEntry["verdicts"][string];

/** The maximum length of a text in an entry, because a vendor decides how long its values are. */
const MAX_TEXT = 500;
const clip = (value: string) => (value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);

const BROKEN: readonly (Verdict | undefined)[] = ["fail", "warn", "info"];
const isBroken = (verdict: Verdict | undefined) => BROKEN.includes(verdict);
const isSettled = (verdict: Verdict | undefined) => verdict === "pass" || isBroken(verdict);

/** What changed with a run: ids of requirements. */
export interface WatchChanges {
  readonly newly_failing: readonly string[];
  readonly healed: readonly string[];
  /** Requirements that earlier runs could judge, but this run could not. */
  readonly no_longer_tested: readonly string[];
  /**
   * Requirements that this run and the previous run break together, such as an id that changed its meaning.
   */
  readonly broken_between_runs: readonly string[];
}

/**
 * Returns the last verdict on a requirement that was a pass or a failure. Skips later verdicts of other
 * kinds.
 */
const lastSettled = (earlier: readonly WatchEntry[], id: string): Verdict | undefined =>
  earlier.findLast(({ verdicts }) => isSettled(verdicts[id]))?.verdicts[id];

/**
 * Finds what changed with a run for each requirement, since the requirement was last judged. @param earlier
 * the earlier runs, oldest first
 */
export function findChanges(
  earlier: readonly WatchEntry[],
  { verdicts, compared, reason, state }: Pick<WatchEntry, "verdicts" | "compared" | "reason" | "state">,
): WatchChanges {
  const rows = Object.entries(verdicts).map(([id, now]) => ({ id, now, before: lastSettled(earlier, id) }));
  const where = (fits: (row: (typeof rows)[number]) => boolean) => rows.filter(fits).map(({ id }) => id);
  // A run that ended early says why. Requirements that such a run did not reach count as unchanged.
  const isWhole = state !== "unreachable" && reason === null;
  return {
    newly_failing: where(({ now, before }) => isBroken(now) && !isBroken(before)),
    healed: where(({ now, before }) => now === "pass" && isBroken(before)),
    no_longer_tested: isWhole
      ? where(({ now, before }) => !isSettled(now) && now !== "harness-error" && before !== undefined)
      : [],
    broken_between_runs: Object.keys(compared).filter((id) => compared[id] === "fail"),
  };
}

/**
 * Compares a run with the run before it. @returns no comparisons and the reason, if the runs cannot be
 * compared
 */
function compareWith(previous: Recorded | null, run: Run) {
  if (previous === null || run.record.parts.discovery === undefined) return { comparisons: [], reason: null };
  try {
    return { comparisons: compareRuns(previous, run), reason: null };
  } catch (error) {
    if (!(error instanceof IncomparableError)) throw error;
    return { comparisons: [], reason: `Not compared with the previous run: ${error.message}` };
  }
}

const toProblem = ({ id, differences: [first] }: Comparison): WatchEntry["problems"] =>
  first
    ? [
        {
          id,
          at: clip(
            `${first.newer.at}, ${first.newer.where}; before: ${first.older.at}, ${first.older.where}`,
          ),
          expected: clip(first.expected),
          actual: clip(`${first.newer.shows}; before: ${first.older.shows}`),
          hint: clip(first.hint),
        },
      ]
    : [];

function stateOf(
  run: Run,
  entry: Omit<WatchEntry, "state">,
  earlier: readonly WatchEntry[],
): WatchEntry["state"] {
  if (run.conclusion === "unreachable") return "unreachable";
  const verdicts = Object.values(entry.verdicts);
  if (verdicts.includes("harness-error")) return "harness_error";
  if (verdicts.includes("fail") || Object.values(entry.compared).includes("fail")) return "broken";
  const { no_longer_tested } = findChanges(earlier, { ...entry, state: "incomplete" });
  const isWhole = run.stopped === null && verdicts.includes("pass") && no_longer_tested.length === 0;
  return isWhole ? "met" : "incomplete";
}

/**
 * Turns a run into a line of the history, without the evidence and without secrets.
 *
 * @param previous the last run that reached the vendor; `null` if there is none
 * @param earlier the history so far
 */
export function createEntry(run: Run, previous: Recorded | null, earlier: readonly WatchEntry[]): WatchEntry {
  const report = redactReport(createReport(run), run);
  const mark = createMarker(run);
  const isUp = run.conclusion !== "unreachable";
  const { comparisons, reason } = isUp ? compareWith(previous, run) : { comparisons: [], reason: null };
  const early = run.stopped !== null || !isUp ? explainConclusion(report) : null;
  const entry = {
    version: "1" as const,
    started_at: report.started_at,
    finished_at: report.finished_at,
    target: report.target,
    suite: suite.version,
    seed: run.seed,
    reason: (early ?? reason) && clip(early ?? reason ?? ""),
    verdicts: isUp ? Object.fromEntries(report.requirements.map(({ id, verdict }) => [id, verdict])) : {},
    compared: Object.fromEntries(
      comparisons.flatMap(({ id, verdict }) =>
        verdict === "not-applicable" ? [] : [[id, verdict] as const],
      ),
    ),
    problems: [
      ...report.requirements.flatMap(({ id, failures: [first] }) =>
        first
          ? [
              {
                id,
                at: clip(first.where ? `${first.at}, ${first.where}` : first.at),
                expected: clip(first.expected),
                actual: clip(first.actual),
                hint: clip(first.hint),
              },
            ]
          : [],
      ),
      ...mark(comparisons.flatMap(toProblem)),
    ],
  };
  return { ...entry, state: stateOf(run, entry, earlier) };
}

const MINUTE_MS = 60_000;

/** The times of a schedule, in Unix milliseconds. */
interface Schedule {
  /** When the last run began. */
  readonly startedAt: number;
  readonly everyMs: number;
  readonly now: number;
}

/**
 * Returns when the next run begins. Runs begin at fixed intervals. A run that takes too long skips the starts
 * that it misses. While the vendor is down, the next attempt follows after 1 minute. Each further wait is
 * twice as long, up to the usual interval.
 */
export function chooseNextStart(
  entries: readonly Pick<WatchEntry, "state">[],
  { startedAt, everyMs, now }: Schedule,
): number {
  const downs = entries.length - 1 - entries.findLastIndex(({ state }) => state !== "unreachable");
  if (downs > 0) return now + Math.min(everyMs, MINUTE_MS * 2 ** (downs - 1));
  return startedAt + everyMs * Math.max(1, Math.ceil((now - startedAt) / everyMs));
}

/** A requirement in the history, with the time when it was last met and the time since which it fails. */
export interface WatchedRequirement {
  readonly id: string;
  readonly level: string;
  readonly text: string;
  readonly lastConfirmed: string | null;
  /** When the current series of failures began; `null` if the last verdict is a pass. */
  readonly failingSince: string | null;
  /** Whether any run could judge the requirement. */
  readonly isTested: boolean;
}

/** Lists the requirements of a history in the contract's order. Comparisons of two runs are not among them. */
export function listWatched(entries: readonly WatchEntry[]): readonly WatchedRequirement[] {
  const known = new Map(requirements.map((each) => [each.id, each]));
  const ids = new Set(entries.flatMap(({ verdicts }) => Object.keys(verdicts)));
  const inOrder = [...known.keys(), ...[...ids].filter((id) => !known.has(id))].filter((id) => ids.has(id));
  return inOrder.map((id) => {
    const settled = entries.filter(({ verdicts }) => isSettled(verdicts[id]));
    const lastPass = settled.findLastIndex(({ verdicts }) => verdicts[id] === "pass");
    return {
      id,
      level: known.get(id)?.level ?? "",
      text: known.get(id)?.text ?? "",
      lastConfirmed: settled[lastPass]?.finished_at ?? null,
      failingSince: settled[lastPass + 1]?.finished_at ?? null,
      isTested: settled.length > 0,
    };
  });
}
