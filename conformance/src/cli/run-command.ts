import { Command } from "commander";
import { vendorProfileNames } from "../registry/profiles.ts";
import { formatNames } from "../report/formats.ts";
import { runSuite } from "../suite/run.ts";
import { credentialOptions } from "./credential-options.ts";
import { collectValues } from "./report-options.ts";
import { reportRun } from "./report-run.ts";
import { parseRunFlags, type RunFlags } from "./run-options.ts";
import { runReceiverCommand } from "./run-receiver-command.ts";

async function run(flags: RunFlags): Promise<void> {
  const { reports, bundle, json, ...options } = parseRunFlags(flags);
  await reportRun({ reports, bundle, json }, (running) => runSuite({ ...options, ...running }));
}

/** `run`: certify a vendor's cloud. */
export const runCommand = () =>
  credentialOptions()
    .reduce(
      (command, option) => command.addOption(option),
      new Command("run")
        .description(
          "Certify a vendor's cloud, or find out what is wrong with it; with receiver, a consumer.",
        )
        .option("--target <url>", "the vendor's base URL"),
    )
    .option(
      "--profile <name>",
      `what to certify: ${vendorProfileNames.join(", ")}; repeatable (default: all that the manifest claims)`,
      collectValues,
      [],
    )
    .option("--only <id>", "judge this requirement only; repeatable; certifies nothing", collectValues, [])
    .option(
      "--report <format=file>",
      `also write a report; formats: ${formatNames.join(", ")}; repeatable`,
      collectValues,
      [],
    )
    .option("--bundle <file>", "also keep everything that was recorded, for regrade and certify")
    .option(
      "--public-url <url>",
      "how the vendor reaches this machine's receiver; it listens on loopback otherwise",
    )
    .option(
      "--trigger-cmd <command>",
      "without sandbox control: a command that changes the device its standard input names",
    )
    .option("--receiver-port <port>", "port of the receiver; 0 takes a free one", "0")
    .option("--json", "print the JSON report instead of the checklist", false)
    .addHelpText(
      "after",
      `
Exit codes: 0 certified · 1 not conformant · 2 usage · 3 vendor unreachable · 4 incomplete ·
            5 error of the suite itself · 130 interrupted

Example: convergint-conformance run --target https://sandbox.vendor.example --report json=report.json`,
    )
    .action(run)
    // What comes behind `receiver` is meant for it, where both have a flag of one name.
    .enablePositionalOptions()
    .addCommand(runReceiverCommand());
