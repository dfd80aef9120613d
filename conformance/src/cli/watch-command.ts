import { randomInt } from "node:crypto";
import { join, resolve } from "node:path";
import { stringifyPrintable, toPrintable } from "@convergint/internal/printable";
import { MAX_SEED } from "@convergint/internal/seeded-random";
import { Command } from "commander";
import { BundleError, readBundle, writeBundle } from "../bundle/bundle.ts";
import { vendorSettings } from "../config/vendor-settings.ts";
import { sleep } from "../harness/clock.ts";
import { readEarlierRun } from "../history/earlier-run.ts";
import { chooseNextStart, createEntry, findChanges } from "../history/watch-entry.ts";
import {
  appendEntry,
  entriesToKeep,
  HistoryError,
  readHistory,
  type WatchEntry,
  withLock,
} from "../history/watch-history.ts";
import { renderWatchHtml } from "../report/watch-html.ts";
import type { Recorded } from "../suite/grade.ts";
import { type RunOptions, runSuite } from "../suite/run.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { type CliContext, UsageError } from "./context.ts";
import { buildCredentials } from "./credentials.ts";
import { readIfPresent, replaceFile } from "./files.ts";
import { addSettings, type Flags, parseDuration, proxyOf, resolveFlags } from "./options.ts";
import { createLeftOverNotice } from "./show-left-over.ts";
import { showProgress } from "./show-progress.ts";

const watchSettings = vendorSettings.pick({
  target: true,
  allowHosts: true,
  allowPrivateNetworks: true,
  proxy: true,
  proxyDns: true,
  profiles: true,
  publicUrl: true,
  receiverPort: true,
  timeBudgetSeconds: true,
  apiKey: true,
  clientId: true,
  clientSecret: true,
  privateKeyFile: true,
  keyId: true,
  issuer: true,
  audience: true,
});

interface WatchFlags extends Flags {
  readonly every: string;
  readonly once: boolean;
  readonly folder: string;
  readonly keep: string;
  readonly json: boolean;
}

/** The maximum interval. It leaves a margin to the 24 days that a timer of Node.js can wait. */
const MAX_EVERY_MS = 20 * 24 * 3_600_000;
/** How long a run may take, after its time budget, to clean up and to write its files. */
const MARGIN_MS = 2 * 60_000;
const DEFAULT_BUDGET_SECONDS = 600;

const EXIT: Readonly<Record<WatchEntry["state"], number>> = {
  met: exitCodeOf.certified,
  broken: exitCodeOf.not_conformant,
  incomplete: exitCodeOf.incomplete,
  unreachable: exitCodeOf.unreachable,
  harness_error: exitCodeOf.harness_error,
};

/** Reads the bundle of the last run that reached the vendor; `null` if there is no usable bundle. */
async function readPrevious(context: CliContext, file: string): Promise<Recorded | null> {
  const bytes = await readIfPresent(context, "the last bundle", file);
  try {
    return bytes && readBundle(bytes, { requirementSet: "any" }).recorded;
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    context.stderr.write(
      `· the last bundle cannot be used, so this run is not compared with an earlier run: ${error.message}\n`,
    );
    return null;
  }
}

/** The settings that all runs of one `watch` share. */
interface Watch {
  readonly target: URL;
  readonly options: Pick<
    RunOptions,
    | "allowHosts"
    | "allowPrivateNetworks"
    | "proxy"
    | "credentials"
    | "profiles"
    | "receiver"
    | "mayChange"
    | "timeBudgetSeconds"
  >;
  readonly folder: string;
  readonly keep: number;
  readonly signal: AbortSignal;
}

/** Runs the suite once, and writes the history, the bundle and the page. @returns `null` if the run was interrupted */
async function runOnce(
  { target, options, folder, keep, signal }: Watch,
  context: CliContext,
): Promise<readonly WatchEntry[] | null> {
  const [historyFile, bundleFile] = [join(folder, "history.jsonl"), join(folder, "latest.json")];
  const { entries: earlier, damaged } = await readHistory(resolve(context.folder, historyFile));
  const other = earlier.find((entry) => entry.target !== target.href);
  if (other)
    throw new UsageError(
      `${historyFile} is the history of ${other.target}. Use another --folder for ${target.href}.`,
    );
  if (damaged > 0) context.stderr.write(`· ignored ${damaged} damaged lines of ${historyFile}\n`);
  const previous = await readPrevious(context, bundleFile);
  const progress = context.stderr.isTTY ? showProgress(context.stderr, context.clock) : null;
  const { onLeftOver, show: showLeftOver } = createLeftOverNotice(context);
  const run = await runSuite({
    ...options,
    onLeftOver,
    target,
    ...(previous && { earlier: readEarlierRun(previous) }),
    ...(progress && { tracker: progress.tracker }),
    seed: randomInt(MAX_SEED + 1),
    clock: context.clock,
    signal,
  }).finally(() => progress?.end());
  showLeftOver();
  if (run.conclusion === "interrupted") return null;
  const entry = createEntry(run, previous, earlier);
  const entries = [...earlier, entry];
  await appendEntry(resolve(context.folder, historyFile), entry);
  // Writes the history before the bundle. If the process stops between the two, no difference is lost: the next
  // run compares with the old bundle and reports the differences again.
  if (run.stopped === null && entry.state !== "unreachable")
    await replaceFile(context, "the bundle", bundleFile, writeBundle(run));
  const kept = entriesToKeep(entries, keep);
  if (kept) {
    const lines = kept.map((each) => `${JSON.stringify(each)}\n`);
    await replaceFile(context, "the history", historyFile, lines.join(""));
  }
  await replaceFile(context, "the page", join(folder, "index.html"), renderWatchHtml(entries));
  return entries;
}

const HEADLINE: Readonly<Record<WatchEntry["state"], string>> = {
  met: "MET",
  broken: "BROKEN",
  incomplete: "INCOMPLETE",
  unreachable: "DOWN",
  harness_error: "ERROR IN THE SUITE",
};

/** Describes a run and what changed with it. */
function describeRun(entries: readonly WatchEntry[], nextAt: number | null): string[] {
  const entry = entries.at(-1) as WatchEntry;
  const changes = findChanges(entries.slice(0, -1), entry);
  const verdicts = Object.values(entry.verdicts);
  const count = (...wanted: readonly string[]) => verdicts.filter((each) => wanted.includes(each)).length;
  const counts = [
    `${count("pass")} met`,
    `${count("fail")} broken`,
    `${count("warn", "info")} warnings`,
    `${count("could-not-run")} not tested`,
  ];
  const line = (words: string, ids: readonly string[]) =>
    ids.length === 0 ? [] : [`  ${words.padEnd(18)} ${ids.join(", ")}`];
  const news = new Set([...changes.newly_failing, ...changes.broken_between_runs]);
  return [
    `${entry.finished_at}  ${HEADLINE[entry.state]}  ${[...(entry.reason === null ? [] : [entry.reason]), ...(verdicts.length === 0 ? [] : [counts.join(", ")])].join(" ")}`,
    ...line("newly failing", changes.newly_failing),
    ...line("between two runs", changes.broken_between_runs),
    ...line("healed", changes.healed),
    ...line("no longer tested", changes.no_longer_tested),
    ...entry.problems
      .filter(({ id }) => news.has(id))
      .flatMap(({ id, at, expected, actual, hint }) => [
        `  ${id}  in ${at}`,
        `    expected  ${expected}`,
        `    actual    ${actual}`,
        `    fix       ${hint}`,
      ]),
    ...(nextAt === null ? [] : [`  next run           ${new Date(nextAt).toISOString()}`]),
  ];
}

function report(
  entries: readonly WatchEntry[],
  nextAt: number | null,
  json: boolean,
  context: CliContext,
): void {
  const entry = entries.at(-1) as WatchEntry;
  if (json) {
    const next_run_at = nextAt === null ? null : new Date(nextAt).toISOString();
    const changes = findChanges(entries.slice(0, -1), entry);
    context.stdout.write(`${stringifyPrintable({ ...entry, changes, next_run_at })}\n`);
  } else context.stdout.write(`${toPrintable(describeRun(entries, nextAt)).join("\n")}\n`);
}

/** Waits until `moment`. @returns whether Ctrl-C ended the wait */
const isInterrupted = ({ clock }: CliContext, moment: number, signal: AbortSignal): Promise<boolean> =>
  sleep(clock, Math.max(0, moment - clock.now()), signal).then(
    () => false,
    () => true,
  );

async function watch(flags: WatchFlags, context: CliContext): Promise<void> {
  const { values } = resolveFlags(watchSettings, flags, context);
  const { target, profiles, publicUrl, receiverPort, timeBudgetSeconds = DEFAULT_BUDGET_SECONDS } = values;
  if (target === undefined) throw new UsageError("Give the vendor's base URL with --target.");
  const everyMs = parseDuration("--every", flags.every);
  if (everyMs > MAX_EVERY_MS)
    throw new UsageError("--every takes at most 20d. For a longer interval, use --once with cron.");
  if (!/^[1-9]\d{0,5}$/.test(flags.keep))
    throw new UsageError("--keep takes a number of runs, such as 1000.");
  const credentials = await buildCredentials(values, context);
  const { signal, release } = context.watchInterrupt();
  const setup: Watch = {
    target: new URL(target),
    options: {
      allowHosts: values.allowHosts,
      allowPrivateNetworks: values.allowPrivateNetworks,
      proxy: proxyOf(values),
      credentials,
      ...(profiles && { profiles }),
      // Without a public URL, the vendor cannot reach this machine, so an endpoint would receive nothing.
      mayChange: publicUrl === undefined ? "nothing" : "endpoints",
      receiver: {
        ...(publicUrl && { publicUrl }),
        ...(receiverPort !== undefined && { port: receiverPort }),
      },
      timeBudgetSeconds,
    },
    folder: flags.folder,
    keep: Number(flags.keep),
    signal,
  };
  const lock = {
    clock: context.clock,
    maxMs: timeBudgetSeconds * 1000 + MARGIN_MS,
  };
  const lockFile = resolve(context.folder, flags.folder, "lock");
  try {
    for (;;) {
      const startedAt = context.clock.now();
      const ended = await withLock(lockFile, lock, async () => ({ entries: await runOnce(setup, context) }));
      if (ended === null) {
        context.stderr.write(
          `· skipped this run: another watch is running in ${flags.folder} (see ${lockFile})\n`,
        );
        context.exitCode = exitCodeOf.incomplete;
      } else if (ended.entries === null) {
        context.exitCode = exitCodeOf.interrupted;
        return;
      }
      const entries = ended?.entries ?? [];
      const nextAt = flags.once
        ? null
        : chooseNextStart(entries, { startedAt, everyMs, now: context.clock.now() });
      const last = entries.at(-1);
      if (last) {
        report(entries, nextAt, flags.json, context);
        context.exitCode = EXIT[last.state];
      }
      if (nextAt === null) return;
      if (await isInterrupted(context, nextAt, signal)) {
        // Ctrl-C is the normal way to end a schedule.
        context.exitCode = 0;
        return;
      }
    }
  } catch (error) {
    if (error instanceof HistoryError) throw new UsageError(error.message);
    throw error;
  } finally {
    release();
  }
}

/** Creates `watch`, which runs the read-only part of the suite on a schedule and keeps a history. */
export const watchCommand = (context: CliContext) =>
  addSettings(
    new Command("watch").description(
      "Run the read-only part of the suite on a schedule, for example against production. Keep a history, and write a page that shows the history.",
    ),
    watchSettings,
  )
    .option("--every <time>", "time from one run to the next, such as 6h or 30m", "6h")
    .option("--once", "run once, then exit, for cron", false)
    .option("--folder <folder>", "folder for history.jsonl, latest.json and index.html", "conformance-watch")
    .option("--keep <runs>", "how many runs the history keeps", "1000")
    .option("--json", "print one line of JSON per run", false)
    .addHelpText(
      "after",
      `
watch sends only GET requests (and asks token_url for access tokens, if you give a client). With --public-url, it also registers
webhook endpoints, and removes them. It reads no config file. The history says what is newly failing and what has healed.
While the vendor is down, watch tries again after 1 minute, then after 2, 4, 8 and so on, up to --every. Ctrl-C ends it.

Exit codes with --once: 0 everything that could be tested is met · 1 a MUST is broken · 2 usage error ·
            3 vendor unreachable · 4 incomplete, or another watch is running in the folder · 5 error in the suite · 130 interrupted

Example: convergint-conformance watch --target https://api.vendor.example --every 6h --folder /var/lib/conformance`,
    )
    .action((flags: WatchFlags) => watch(flags, context));
