import { randomInt } from "node:crypto";
import { MAX_SEED } from "@convergint/internal/seeded-random";
import { Command } from "commander";
import { readBundle } from "../bundle/bundle.ts";
import { CONFIG_FILES } from "../config/load-config.ts";
import { parseReports } from "../config/resolve-settings.ts";
import { vendorSettings } from "../config/vendor-settings.ts";
import type { PersonTerminal } from "../harness/person.ts";
import { readEarlierRun } from "../history/earlier-run.ts";
import { prerequisitesIn } from "../registry/prerequisites.ts";
import { runSuite } from "../suite/run.ts";
import { type CliContext, UsageError } from "./context.ts";
import { buildCredentials } from "./credentials.ts";
import { readInput } from "./files.ts";
import {
  addSettings,
  type Flags,
  onlyOption,
  parseRequirements,
  proxyOf,
  resolveRunSettings,
} from "./options.ts";
import { announceSecrets, readRegisteredEndpoints } from "./registered-endpoints.ts";
import { readKnownFailures, reportRun } from "./report-run.ts";
import { runReceiverCommand } from "./run-receiver-command.ts";
import { renderConfig } from "./show-config.ts";
import type { Progress } from "./show-progress.ts";
import { openThrough } from "./through.ts";
import { readObserve, windowSubjectOf } from "./window-state.ts";

interface RunFlags extends Flags {
  readonly only: readonly string[];
  readonly config?: string;
  readonly printConfig: boolean;
  readonly json: boolean;
  readonly askPerson: boolean;
}

/**
 * Returns the terminal of the person who changes devices; `undefined` without `--ask-person`.
 *
 * @param pause hides the line that shows the progress
 * @throws {UsageError} if no person can answer
 */
function openTerminal({ ask, stderr }: CliContext, pause: Progress["pause"]): PersonTerminal {
  if (!ask || !stderr.isTTY) {
    throw new UsageError(
      "--ask-person needs a terminal, because a person answers there. Without a terminal, such as in CI, give --trigger-cmd, or offer sandbox control.",
    );
  }
  return {
    show(text) {
      const resume = pause();
      stderr.write(text);
      resume();
    },
    async ask(prompt, signal) {
      const resume = pause();
      try {
        return await ask(prompt, signal);
      } finally {
        resume();
      }
    },
  };
}

async function run(flags: RunFlags, context: CliContext): Promise<void> {
  const settings = await resolveRunSettings(flags, flags.config, context);
  if (flags.printConfig) {
    context.stdout.write(renderConfig(settings, flags));
    return;
  }
  const { values, resolutions } = settings;
  const { askPerson } = flags;
  if (askPerson) {
    if (values.triggerCommand !== undefined)
      throw new UsageError("Give either --trigger-cmd or --ask-person: devices are changed in one way.");
    if (values.observe !== undefined)
      throw new UsageError(
        "--observe only reads, and with --ask-person a person changes devices. Give one of them.",
      );
    openTerminal(context, () => () => {});
  }
  const { target, profiles, bundle, triggerCommand, publicUrl, receiverPort, timeBudgetSeconds } = values;
  if (target === undefined) {
    throw new UsageError(
      "Give the vendor's base URL with --target. To write a config file, see init --help. To certify a consumer, see run receiver --help.",
    );
  }
  const vendorCredentials = await buildCredentials(values, context);
  const registeredByHand = readRegisteredEndpoints(settings, context);
  // The vendor's own credentials mean nothing to the shim.
  const viaShim = values.through !== undefined;
  const given = viaShim ? [] : prerequisitesIn(vendorCredentials, registeredByHand.length);
  const only = parseRequirements(flags.only, "vendor", given);
  const { seed = randomInt(MAX_SEED + 1) } = values;
  context.stderr.write(`· seed ${seed}\n`);
  const earlier =
    values.continue === undefined
      ? undefined
      : readEarlierRun(
          readBundle(await readInput(context, "the bundle", values.continue), { requirementSet: "any" })
            .recorded,
        );
  const baseline = await readKnownFailures(values.baseline, context);
  const targetUrl = new URL(target);
  const observe = await readObserve(
    values,
    windowSubjectOf(targetUrl, vendorCredentials, registeredByHand),
    context,
  );
  // The default is for runs of minutes.
  const hasBudget = !observe || resolutions.timeBudgetSeconds?.source.kind !== "default";
  const reports = parseReports(resolutions.reports?.texts ?? [], "--report");
  announceSecrets(registeredByHand, context);
  const opened = await openThrough(values, vendorCredentials, context);
  const credentials = opened?.credentials ?? vendorCredentials;
  try {
    await reportRun({ reports, bundle, baseline, json: flags.json }, context, ({ pause, ...options }) =>
      runSuite({
        target: targetUrl,
        ...(opened && { through: opened.through }),
        allowHosts: values.allowHosts,
        allowPrivateNetworks: values.allowPrivateNetworks,
        proxy: proxyOf(values),
        credentials,
        ...(profiles && { profiles }),
        ...(only && { only }),
        ...(earlier && { earlier }),
        receiver: {
          ...(receiverPort === undefined ? {} : { port: receiverPort }),
          ...(publicUrl === undefined ? {} : { publicUrl }),
        },
        registeredByHand,
        ...(observe && { observe }),
        ...(triggerCommand === undefined ? {} : { triggerCommand }),
        ...(askPerson && { person: openTerminal(context, pause) }),
        ...(timeBudgetSeconds === undefined || !hasBudget ? {} : { timeBudgetSeconds }),
        seed,
        clock: context.clock,
        ...(context.burst === undefined ? {} : { burst: context.burst }),
        ...options,
      }),
    );
  } finally {
    await opened?.close();
  }
}

/** Creates `run`, which certifies a vendor's cloud. */
export const runCommand = (context: CliContext) =>
  addSettings(
    new Command("run").description("Certify a vendor's cloud and report what is wrong with it."),
    vendorSettings,
  )
    .addOption(onlyOption())
    .option("--config <file>", `config file (default: ${CONFIG_FILES[0]}, .ts, .mjs or .json, if it exists)`)
    .option("--print-config", "print the effective settings and their sources, then exit", false)
    .option("--json", "print the JSON report instead of the checklist", false)
    .option(
      "--ask-person",
      "ask a person at this terminal to change devices, if there is no sandbox control and no command to change them",
      false,
    )
    .addHelpText(
      "after",
      `
Exit codes: 0 certified · 1 not conformant · 2 usage error · 3 vendor unreachable · 4 incomplete ·
            5 error in the suite · 130 interrupted

Flags override environment variables. Environment variables override the config file, which must not contain credentials.

Example: convergint-conformance run --target https://sandbox.vendor.example --report json=report.json`,
    )
    .action((flags: RunFlags) => run(flags, context))
    // Options after `receiver` belong to that subcommand, even options that `run` has too.
    .enablePositionalOptions()
    .addCommand(runReceiverCommand(context));
