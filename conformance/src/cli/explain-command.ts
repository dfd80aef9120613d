import { Command } from "commander";
import { type Coverage, coverage } from "../registry/coverage.ts";
import { CONTRACT_VERSION } from "../registry/requirements.ts";
import { UsageError } from "./usage-error.ts";

function rowOf(id: string): Coverage {
  const rows = coverage();
  const row = rows.find(({ requirement }) => requirement.id === id.toUpperCase());
  if (row) return row;
  const [area = ""] = id.toUpperCase().split("-");
  const alike = rows.map(({ requirement }) => requirement.id).filter((known) => known.startsWith(`${area}-`));
  const hint = alike.length > 0 ? `Of ${area} there are ${alike.join(", ")}.` : "See the ids with `list`.";
  throw new UsageError(`There is no requirement ${JSON.stringify(id)}. ${hint}`);
}

const list = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  · ${line}`)];

function textOf({ requirement, checked, scenarios, mutants, reason, prerequisite }: Coverage): string {
  const { id, level, actor, profile, capability, text, anchor } = requirement;
  const rerun = actor === "vendor" ? "run --target URL" : "run receiver --url URL";
  return [
    `${id} (${level}) · ${actor} · profile ${profile}`,
    `  ${text}`,
    `  contract ${CONTRACT_VERSION}, contract.md${anchor}`,
    ...(capability ? [`  concerns those whose manifest declares ${capability}`] : []),
    ...list("What the suite does to see it", scenarios),
    ...list(
      "Ways to break it that the check was seen to catch",
      mutants.map(({ defect }) => defect),
    ),
    ...(prerequisite ? ["", prerequisite] : []),
    ...(reason ? ["", `This version does not judge it. ${reason}`] : []),
    ...(checked ? ["", `Judge it alone: convergint-conformance ${rerun} --only ${id}`] : []),
    "",
  ].join("\n");
}

function explain(id: string, { json }: { readonly json: boolean }): void {
  const row = rowOf(id);
  const { requirement, ...more } = row;
  process.stdout.write(json ? `${JSON.stringify({ ...requirement, ...more }, null, 2)}\n` : textOf(row));
}

/** `explain`: what one requirement asks for, and how the suite sees whether it is met. */
export const explainCommand = () =>
  new Command("explain")
    .description(
      "Say what a requirement asks for, how the suite sees whether it is met, and ways to break it.",
    )
    .argument("<id>", "such as INV-003")
    .option("--json", "print JSON", false)
    .action(explain);
