import { randomInt } from "node:crypto";
import { MAX_SEED } from "@convergint/internal/seeded-random";
import { Command } from "commander";
import { knownSettings } from "../config/known-settings.ts";
import { CONFIG_FILES } from "../config/load-config.ts";
import { runSuite } from "../suite/run.ts";
import { baselineIn } from "./baseline-option.ts";
import { credentialOptions } from "./credential-options.ts";
import { printedConfig } from "./print-config.ts";
import { collectValues } from "./report-options.ts";
import { reportRun } from "./report-run.ts";
import { parseRun, type RunFlags } from "./run-options.ts";
import { runReceiverCommand } from "./run-receiver-command.ts";
import { settingOptions, setUp } from "./setting-options.ts";

async function run(flags: RunFlags, command: Command): Promise<void> {
  const prepared = await setUp(flags, flags.config);
  if (flags.printConfig) {
    process.stdout.write(printedConfig(prepared, command, flags));
    return;
  }
  const {
    reports,
    bundle,
    baseline: file,
    json,
    seed = drawnSeed(),
    ...options
  } = parseRun(flags, prepared.settings);
  process.stderr.write(`· seed ${seed}\n`);
  const baseline = await baselineIn(file);
  await reportRun({ reports, bundle, baseline, json }, (running) =>
    runSuite({ ...options, seed, ...running }),
  );
}

const drawnSeed = () => randomInt(MAX_SEED + 1);

/** `run`: certify a vendor's cloud. */
export const runCommand = () =>
  [...settingOptions(), ...credentialOptions()]
    .reduce(
      (command, option) => command.addOption(option),
      new Command("run").description(
        "Certify a vendor's cloud, or find out what is wrong with it; with receiver, a consumer.",
      ),
    )
    .option("--only <id>", "judge this requirement only; repeatable; certifies nothing", collectValues, [])
    .option(
      "--config <file>",
      `the config file (default: ${CONFIG_FILES[0]}, .mjs or .json, where it is there)`,
    )
    .option("--print-config", "print what applies and where it comes from, and do nothing else", false)
    .option("--json", "print the JSON report instead of the checklist", false)
    .addHelpText(
      "after",
      `
Exit codes: 0 certified · 1 not conformant · 2 usage · 3 vendor unreachable · 4 incomplete ·
            5 error of the suite itself · 130 interrupted

What no flag says, the environment says (${knownSettings.target.variable}, …), and else the config file; secrets are never
in a file. --print-config names the variable of each setting.

Example: convergint-conformance run --target https://sandbox.vendor.example --report json=report.json`,
    )
    .action(run)
    // What comes behind `receiver` is meant for it, where both have a flag of one name.
    .enablePositionalOptions()
    .addCommand(runReceiverCommand());
