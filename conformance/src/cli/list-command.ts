import { Command } from "commander";
import { checks } from "../checks/index.ts";
import { exclusions } from "../registry/exclusions.ts";
import { requirements } from "../registry/requirements.ts";

function list({ json }: { json: boolean }): void {
  const checked = new Set(checks.map(({ requirement }) => requirement));
  const rows = requirements.map((requirement) => ({
    ...requirement,
    checked: checked.has(requirement.id),
    reason: exclusions.get(requirement.id) ?? null,
  }));
  if (json) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  for (const { id, level, actor, profile, text, checked: has, reason } of rows) {
    console.log(`${has ? "✓" : "–"} ${id.padEnd(9)} ${level.padEnd(6)} ${actor} · ${profile}`);
    console.log(`    ${text}`);
    if (reason) console.log(`    not checked: ${reason}`);
  }
  console.log(`\n${rows.length} requirements, ${checked.size} checked.`);
}

/** `list`: what the contract asks for, and what this suite checks. */
export const listCommand = () =>
  new Command("list")
    .description("List every requirement of the contract and whether this suite checks it.")
    .option("--json", "print JSON", false)
    .action(list);
