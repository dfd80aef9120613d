import { stringifyPrintable, toPrintable } from "@convergint/internal/printable";
import { Command } from "commander";
import { readBundle } from "../bundle/bundle.ts";
import { type Comparison, compareRuns, IncomparableError } from "../history/compare.ts";
import type { Difference, Side } from "../history/snapshot.ts";
import { requirements } from "../registry/requirements.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { type CliContext, UsageError } from "./context.ts";
import { readInput } from "./files.ts";

const MARK = { pass: "✓", fail: "✗", "could-not-run": "?", "not-applicable": "–" } as const;

/** How many differences to show per requirement. */
const MAX_SHOWN = 3;

const renderSide = (name: string, { at, call, where, shows }: Side): string[] => [
  `    ${name}     ${at}${call === null ? ", webhook from the vendor" : `, ${call}`}`,
  `              ${where}: ${shows}`,
];

const renderDifference = ({ older, newer, expected, hint }: Difference): string[] => [
  ...renderSide("older", older),
  ...renderSide("newer", newer),
  `    expected  ${expected}`,
  `    fix       ${hint}`,
  "",
];

function renderComparison({ id, verdict, level, text, differences, doubts, compared }: Explained): string[] {
  const hidden = differences.length - MAX_SHOWN;
  return [
    `${MARK[verdict]} ${id} (${level})  ${compared} compared`,
    `  ${text}`,
    ...differences.slice(0, MAX_SHOWN).flatMap(renderDifference),
    ...(hidden > 0 ? [`    … and ${hidden} more; --json prints all`] : []),
    ...doubts.map((doubt) => `    ? ${doubt}`),
  ];
}

/** A comparison with its requirement. */
type Explained = Comparison & { readonly level: string; readonly text: string };

function explain(comparison: Comparison): Explained {
  const requirement = requirements.find(({ id }) => id === comparison.id);
  return { ...comparison, level: requirement?.level ?? "MUST", text: requirement?.text ?? "" };
}

/** Compares, and reports bundles that cannot be compared as a usage error. */
function compareOrExplain(...runs: Parameters<typeof compareRuns>): readonly Explained[] {
  try {
    return compareRuns(...runs).map(explain);
  } catch (error) {
    if (error instanceof IncomparableError) throw new UsageError(error.message);
    throw error;
  }
}

async function compare(
  files: readonly [older: string, newer: string],
  { json }: { readonly json: boolean },
  context: CliContext,
): Promise<void> {
  const read = async (what: string, file: string) =>
    readBundle(await readInput(context, what, file), { requirementSet: "any" }).recorded;
  const [older, newer] = [await read("the older bundle", files[0]), await read("the newer bundle", files[1])];
  const comparisons = compareOrExplain(older, newer);
  const broken = comparisons.filter(({ verdict }) => verdict === "fail").map(({ id }) => id);
  const unclear = comparisons.filter(({ verdict }) => verdict === "could-not-run").map(({ id }) => id);
  if (json) {
    const times = { older: older.finishedAt.toISOString(), newer: newer.startedAt.toISOString() };
    context.stdout.write(`${stringifyPrintable({ target: newer.target.href, ...times, comparisons }, 2)}\n`);
  } else {
    const lines = [
      `target   ${newer.target.href}`,
      `compares ${older.finishedAt.toISOString()} with ${newer.startedAt.toISOString()}`,
      "",
      ...toPrintable(comparisons).flatMap(renderComparison),
      "",
      broken.length > 0
        ? `BROKEN  The two bundles together show that ${broken.join(", ")} is not met.`
        : unclear.length > 0
          ? `UNCLEAR  Nothing is certainly broken, but see ${unclear.join(", ")}.`
          : "KEPT  Everything that was compared still means the same.",
    ];
    context.stdout.write(`${lines.join("\n")}\n`);
  }
  const conclusion = broken.length > 0 ? "not_conformant" : unclear.length > 0 ? "incomplete" : "certified";
  context.exitCode = exitCodeOf[conclusion];
}

/** Creates `compare`, which compares the bundles of two runs. */
export const compareCommand = (context: CliContext) =>
  new Command("compare")
    .description(
      "Compare the bundles of two runs against one vendor, offline. Report ids that changed meaning, names that disappeared, withdrawals without notice, and signing keys that were used too soon after they were published.",
    )
    .argument("<older>", "bundle of the older run, written by `run --bundle FILE`")
    .argument("<newer>", "bundle of the newer run")
    .option("--json", "print JSON", false)
    .addHelpText(
      "after",
      "\nExit codes: 0 nothing found · 1 a requirement is broken · 2 usage error · 4 unclear",
    )
    .action((older: string, newer: string, flags: { readonly json: boolean }) =>
      compare([older, newer], flags, context),
    );
