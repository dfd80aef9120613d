import { stat } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import type { Config } from "../config/config.ts";
import { knownSettings } from "../config/known-settings.ts";
import { CONFIG_FILES, findConfig, requireConfigName } from "../config/load-config.ts";
import { writeConfig } from "../config/write-config.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { objectOf } from "../evidence/read.ts";
import { isLoopback } from "../evidence/urls.ts";
import { createRecorder } from "../harness/recorder.ts";
import { readManifest } from "../scenarios/discovery/manifest.ts";
import { profilesClaimed } from "../suite/claimed-profiles.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { declaredLines, variablesFor } from "./declared-lines.ts";
import { writeOutput } from "./files.ts";
import { httpUrl } from "./run-options.ts";
import { UsageError } from "./usage-error.ts";

interface InitFlags {
  readonly target?: string;
  readonly config?: string;
  readonly force: boolean;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

/** The vendor's URL: as it was given, or as a person types it at a terminal. @throws {UsageError} where neither can be */
async function targetOf(flags: InitFlags): Promise<URL> {
  const { flags: flag, variable } = knownSettings.target;
  const given = flags.target ?? process.env[variable]?.trim();
  if (given) return httpUrl(flags.target === undefined ? variable : "--target", given);
  if (!process.stdin.isTTY) throw new UsageError(`Give the vendor's base URL with ${flag}.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await terminal.question("The vendor's base URL: ");
    return httpUrl("The vendor's base URL", typed.trim());
  } finally {
    terminal.close();
  }
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** The file to write: the one that `run` will read. @throws {UsageError} where it is there and must stay */
async function fileFor({ config, force }: InitFlags): Promise<string> {
  const file = config ?? (await findConfig(process.cwd())) ?? CONFIG_FILES[0];
  requireConfigName(file);
  if (force || !(await isThere(file))) return file;
  throw new UsageError(`${file} is there already: keep it, or write over it with --force.`);
}

/** Why an answer holds no manifest, and how the process ends; `null` where it holds one. */
function withoutManifest({ request, response, failure }: Exchange, hasOne: boolean) {
  if (hasOne && response?.status === 200) return null;
  if (response === null) {
    return {
      message: `${request.url} gave no answer (${failure}). Check --target, and that the vendor's cloud runs.`,
      code: exitCodeOf.unreachable,
    };
  }
  return {
    message: `${request.url} gave ${response.status} and no manifest: serve it there, as JSON, with no credential asked for (MAN-001).`,
    code: exitCodeOf.not_conformant,
  };
}

async function init(flags: InitFlags): Promise<void> {
  const file = await fileFor(flags);
  const target = await targetOf(flags);
  const recorder = createRecorder({ credential: "", signal: new AbortController().signal });
  const manifest = await readManifest(target, recorder);
  const absent = withoutManifest(manifest, objectOf(manifest) !== null);
  if (absent) {
    process.stderr.write(`${absent.message}\n`);
    process.exitCode = absent.code;
    return;
  }
  const profiles = profilesClaimed({ parts: { discovery: { manifest } }, missing: {} });
  const config: Config = { target: target.href.replace(/\/$/, ""), profiles };
  await writeOutput("The config", file, writeConfig(file, config));
  for (const line of declaredLines(manifest)) say(line);
  say(`\n${file} is written, with the profiles that this claims: ${profiles.join(", ")}.`);
  if (!isLoopback(target) && profiles.some((name) => name !== "inventory")) {
    say("Webhooks come to this machine: where the vendor cannot reach it, add publicUrl and a tunnel.");
  }
  const variables = variablesFor(manifest).map((variable) => `${variable}=…`);
  const named = CONFIG_FILES.some((name) => name === file) ? "" : ` --config ${file}`;
  say(`Next: ${variables.join(" ")} npx convergint-conformance run${named}`);
}

/** `init`: write a config file, by what the vendor declares. */
export const initCommand = () =>
  new Command("init")
    .description("Read a vendor's manifest, say what it declares, and write the config file that run reads.")
    .option("--target <url>", "the vendor's base URL; asked for on a terminal")
    .option("--config <file>", `the file to write (default: ${CONFIG_FILES[0]})`)
    .option("--force", "write over a file that is there", false)
    .action(init);
