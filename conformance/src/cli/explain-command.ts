import { Command } from "commander";
import { isTimed } from "../evidence/lateness.ts";
import { type Coverage, listCoverage } from "../registry/coverage.ts";
import { CONTRACT_VERSION } from "../registry/requirements.ts";
import { type CliContext, UsageError } from "./context.ts";

function findRow(id: string): Coverage {
  const rows = listCoverage();
  const row = rows.find(({ requirement }) => requirement.id === id.toUpperCase());
  if (row) return row;
  const [area = ""] = id.toUpperCase().split("-");
  const similar = rows
    .map(({ requirement }) => requirement.id)
    .filter((known) => known.startsWith(`${area}-`));
  const hint =
    similar.length > 0 ? `Requirements in ${area}: ${similar.join(", ")}.` : "Run `list` to see all ids.";
  throw new UsageError(`Unknown requirement ${JSON.stringify(id)}. ${hint}`);
}

const renderList = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  · ${line}`)];

function renderText({ requirement, checked, scenarios, mutants, reason, prerequisite }: Coverage): string {
  const { id, level, actor, profile, capability, text, anchor } = requirement;
  const rerun = actor === "vendor" ? "run --target URL" : "run receiver --url URL";
  return [
    `${id} (${level}) · ${actor} · profile ${profile}`,
    `  ${text}`,
    `  contract ${CONTRACT_VERSION}, contract.md${anchor}`,
    ...(capability ? [`  applies if the manifest declares ${capability}`] : []),
    ...(checked && isTimed(id)
      ? ["  depends on time: if this machine is too busy, a failure becomes could-not-run"]
      : []),
    ...renderList("How the suite tests it", scenarios),
    ...renderList(
      "Defects that the check catches, each proven by a mutant",
      mutants.map(({ defect }) => defect),
    ),
    ...(prerequisite ? ["", prerequisite] : []),
    ...(reason ? ["", `Not tested by this version. ${reason}`] : []),
    ...(checked ? ["", `Test only this requirement: convergint-conformance ${rerun} --only ${id}`] : []),
    "",
  ].join("\n");
}

function explain(id: string, { json }: { readonly json: boolean }, { stdout }: CliContext): void {
  const row = findRow(id);
  const { requirement, ...more } = row;
  stdout.write(json ? `${JSON.stringify({ ...requirement, ...more }, null, 2)}\n` : renderText(row));
}

/** Creates `explain`, which describes a requirement and how it is tested. */
export const explainCommand = (context: CliContext) =>
  new Command("explain")
    .description(
      "Explain a requirement: its text, how the suite tests it, and which defects the check catches.",
    )
    .argument("<id>", "id, such as INV-003")
    .option("--json", "print JSON", false)
    .action((id: string, flags: { readonly json: boolean }) => explain(id, flags, context));
