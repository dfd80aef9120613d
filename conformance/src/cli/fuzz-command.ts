import { randomInt } from "node:crypto";
import { stringifyPrintable, toPrintable } from "@convergint/internal/printable";
import { MAX_SEED } from "@convergint/internal/seeded-random";
import { Command } from "commander";
import type { z } from "zod";
import { fuzzSettings } from "../config/vendor-settings.ts";
import { type FuzzRun, fuzzVendor } from "../fuzz/fuzz.ts";
import type { Finding, HuntOptions } from "../fuzz/hunt.ts";
import { CannotFuzzError } from "../fuzz/world.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { type CliContext, UsageError } from "./context.ts";
import { buildCredentials } from "./credentials.ts";
import { addSettings, type Flags, proxyOf, resolveFlags } from "./options.ts";
import { createLeftOverNotice } from "./show-left-over.ts";
import { showProgress } from "./show-progress.ts";

const renderFinding = ({
  requirement,
  level,
  kind,
  times,
  expected,
  actual,
  commands,
}: Finding): string[] => [
  `✗ ${requirement} (${level})  ${kind}${times > 1 ? `, in ${times} cases` : ""}`,
  `    expected  ${expected}`,
  `    actual    ${actual}`,
  "    repeat",
  ...commands.map((command) => `      ${command}`),
  "",
];

function renderRun(
  target: string,
  seed: number,
  { findings, unconfirmed, calls, cases, notes }: FuzzRun,
): string[] {
  const broken = [...new Set(findings.map(({ requirement }) => requirement))];
  return [
    `target   ${target}`,
    `seed     ${seed}`,
    "",
    ...findings.flatMap(renderFinding),
    ...(unconfirmed.length > 0
      ? ["These violations occurred once, but not when the fuzzer made the same calls again:", ""]
      : []),
    ...unconfirmed.flatMap(renderFinding),
    ...notes.map((note) => `· ${note}`),
    `· ${cases} cases with ${calls} calls`,
    "",
    broken.length > 0
      ? `BROKEN  Random calls show that ${broken.join(", ")} is not met.`
      : unconfirmed.length > 0
        ? "UNCLEAR  Nothing is certainly broken, but see the violations that occurred only once."
        : "NOTHING FOUND  Every answer was as the contract says.",
  ];
}

/** What a fuzz run needs from the command line, whatever it fuzzes. */
export interface Hunt extends HuntOptions {
  readonly seed: number;
  readonly onLeftOver: (calls: readonly string[]) => void;
}

/**
 * Fuzzes with progress until the time is up or Ctrl-C, shows what was found, and sets the exit code.
 *
 * @param target how to name the system under test
 */
export async function reportFuzz(
  target: string,
  values: Pick<z.infer<typeof fuzzSettings>, "seed" | "duration" | "maxCalls">,
  { json }: { readonly json: boolean },
  context: CliContext,
  fuzz: (hunt: Hunt) => Promise<FuzzRun>,
): Promise<void> {
  const {
    seed = randomInt(MAX_SEED + 1),
    duration: seconds = 60,
    maxCalls = Number.POSITIVE_INFINITY,
  } = values;
  context.stderr.write(`· seed ${seed}\n`);
  const { signal, release } = context.watchInterrupt();
  const isDumb = context.environment["TERM"] === "dumb";
  const { tracker, end } = showProgress(context.stderr, context.clock, { isDumb });
  const { onLeftOver, show: showLeftOver } = createLeftOverNotice(context);
  try {
    const run = await fuzz({ seed, seconds, maxCalls, signal, tracker, clock: context.clock, onLeftOver });
    end();
    const output = json
      ? stringifyPrintable({ target, seed, ...run }, 2)
      : toPrintable(renderRun(target, seed, run)).join("\n");
    context.stdout.write(`${output}\n`);
    const isBroken = run.findings.some(({ level }) => level === "MUST");
    const isUnclear = run.unconfirmed.length > 0;
    const conclusion = isBroken ? "not_conformant" : isUnclear ? "incomplete" : "certified";
    context.exitCode = exitCodeOf[signal.aborted ? "interrupted" : conclusion];
  } catch (error) {
    end();
    if (signal.aborted) {
      context.exitCode = exitCodeOf.interrupted;
      return;
    }
    if (!(error instanceof CannotFuzzError)) throw error;
    context.stderr.write(`${toPrintable(error.message)}\n`);
    context.exitCode = exitCodeOf[error.isUnreachable ? "unreachable" : "incomplete"];
  } finally {
    release();
    showLeftOver();
  }
}

interface FuzzFlags extends Flags {
  readonly json: boolean;
}

async function fuzz(flags: FuzzFlags, context: CliContext): Promise<void> {
  const { values } = resolveFlags(fuzzSettings, flags, context);
  const { target, receiverPort, publicUrl } = values;
  if (target === undefined) throw new UsageError("Give the vendor's base URL with --target.");
  const credentials = await buildCredentials(values, context);
  const receiver = {
    ...(receiverPort === undefined ? {} : { port: receiverPort }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
  };
  await reportFuzz(new URL(target).href, values, flags, context, (hunt) =>
    fuzzVendor({
      ...hunt,
      target: new URL(target),
      allowHosts: values.allowHosts,
      allowPrivateNetworks: values.allowPrivateNetworks,
      proxy: proxyOf(values),
      credentials,
      receiver,
    }),
  );
}

/** Creates `fuzz`, which makes random calls to a vendor's cloud. */
export const fuzzCommand = (context: CliContext) =>
  addSettings(
    new Command("fuzz").description(
      "Make random calls to a vendor's cloud, some valid and some wrong in one place. Check every answer against the contract.",
    ),
    fuzzSettings,
  )
    .option("--json", "print JSON", false)
    .addHelpText(
      "after",
      `
Use a sandbox: the command adds devices, changes and removes them, and registers webhook endpoints. It removes what it added at
the end, and after Ctrl-C. Without sandbox control in the manifest, it only reads.

Exit codes: 0 nothing found · 1 a requirement is broken · 2 usage error · 3 vendor unreachable · 4 unclear, or no calls could be
            made up · 5 error in the suite · 130 interrupted

Example: convergint-conformance fuzz --target https://sandbox.vendor.example --duration 300`,
    )
    .action((flags: FuzzFlags) => fuzz(flags, context));
