import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { toPrintable, toShownText } from "@convergint/internal/printable";
import { isAllowedHost } from "@convergint/internal/same-domain";
import { describeFieldErrors, fieldErrors, manifestSchema } from "@convergint/schemas";
import { Command } from "commander";
import { CONFIG_FILES, findConfig, renderConfig, requireConfigName } from "../config/load-config.ts";
import { parseSetting } from "../config/resolve-settings.ts";
import type { Config } from "../config/vendor-settings.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { isLoopback } from "../evidence/json-pointer.ts";
import { declares, readDeviceTypes, readPostedTypes } from "../evidence/manifest.ts";
import { listOf, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { CLIENT_VARIABLES, KEY_VARIABLES, PRIVATE_KEY_VARIABLES } from "../harness/credentials.ts";
import { createRecorder } from "../harness/recorder.ts";
import { readManifest } from "../scenarios/discovery.ts";
import { profilesClaimed } from "../suite/plan.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import { type CliContext, UsageError } from "./context.ts";
import { writeOutput } from "./files.ts";
import { addSettings, type Flags, guardOwnCalls, proxySettings, targetSetting } from "./options.ts";

interface InitFlags extends Flags {
  readonly target?: string;
  readonly config?: string;
  readonly force: boolean;
}

/** Reads the vendor's URL from the flag, the environment or the terminal. @throws {UsageError} if there is none */
async function readTarget(flags: InitFlags, { environment, ask }: CliContext): Promise<URL> {
  const { flag, flagName, variable = "" } = targetSetting;
  const parse = (where: string, text: string) => new URL(String(parseSetting(targetSetting, [text], where)));
  if (flags.target !== undefined) return parse(flagName, flags.target);
  const given = environment[variable]?.trim();
  if (given) return parse(variable, given);
  if (!ask) throw new UsageError(`Give the vendor's base URL with ${flag}.`);
  return parse("The vendor's base URL", (await ask("The vendor's base URL: ")).trim());
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Chooses the config file that `run` will read.
 *
 * @throws {UsageError} if the file exists and --force is not given
 */
async function chooseFile({ config, force }: InitFlags, { folder }: CliContext): Promise<string> {
  const file = config ?? (await findConfig(folder)) ?? CONFIG_FILES[0];
  requireConfigName(file);
  if (force || !(await exists(resolve(folder, file)))) return file;
  throw new UsageError(`${file} already exists. Use --force to overwrite it.`);
}

/** Explains, with an exit code, why a response has no manifest; returns `null` if the response has one. */
function explainMissingManifest({ request, response, failure }: Exchange, hasOne: boolean) {
  if (hasOne && response?.status === 200) return null;
  if (response === null) {
    return {
      message: `No response from ${request.url} (${failure}). Check --target, and check that the vendor's cloud is running.`,
      code: exitCodeOf.unreachable,
    };
  }
  return {
    message: `${request.url} returned ${response.status} without a manifest. Serve the manifest at this URL as JSON, without authentication (MAN-001).`,
    code: exitCodeOf.not_conformant,
  };
}

async function init(flags: InitFlags, context: CliContext): Promise<void> {
  const say = (line: string) => context.stdout.write(`${line}\n`);
  const file = await chooseFile(flags, context);
  const target = await readTarget(flags, context);
  const guard = guardOwnCalls(flags, context);
  const recorder = createRecorder({ credential: "", signal: new AbortController().signal, guard });
  const manifest = await readManifest(target, recorder);
  const missing = explainMissingManifest(manifest, objectOf(manifest) !== null);
  if (missing) {
    context.stderr.write(`${missing.message}\n`);
    context.exitCode = missing.code;
    return;
  }
  const profiles = profilesClaimed({ parts: { discovery: { manifest } }, missing: {} });
  const config: Config = { target: target.href.replace(/\/$/, ""), profiles: [...profiles] };
  await writeOutput(context, "the config", file, renderConfig(file, config));
  for (const line of describeManifest(manifest)) say(line);
  say(`\nWrote ${file} with the profiles that the manifest claims: ${profiles.join(", ")}.`);
  if (!isLoopback(target) && profiles.some((name) => name !== "inventory")) {
    say(
      "The vendor posts webhooks to this machine. If the vendor cannot reach this machine, set up a tunnel, and add the tunnel's URL to the config file as publicUrl.",
    );
  }
  for (const host of listOtherHosts(manifest, target)) {
    say(
      `The manifest names ${host}, which is outside the domain of the target. If it is yours, add it to the config file as allowHosts. Otherwise, the run does not call it.`,
    );
  }
  const variables = listCredentialVariables(manifest).map((variable) => `${variable}=…`);
  const option = CONFIG_FILES.some((name) => name === file) ? "" : ` --config ${file}`;
  say(`Next: ${variables.join(" ")} npx convergint-conformance run${option}`);
}

/** Creates `init`, which writes a config file from a vendor's manifest. */
export const initCommand = (context: CliContext) =>
  addSettings(
    new Command("init")
      .description("Show what a vendor's manifest declares and write a config file for `run`.")
      .option("--target <url>", "base URL of the vendor; on a terminal, init asks for it")
      .option("--config <file>", `config file to write (default: ${CONFIG_FILES[0]})`)
      .option("--force", "overwrite an existing file", false),
    proxySettings,
  ).action((flags: InitFlags) => init(flags, context));

const CAPABILITIES = [
  ["webhooks", "webhooks"],
  ["webhooks.endpoint_management", "webhook endpoint management"],
  ["backfill", "event backfill"],
  ["inventory.incremental_sync", "incremental sync"],
  ["inventory.system_filter", "filter by system"],
  ["sandbox", "sandbox control"],
] as const;

/** Describes what a manifest declares, as lines for a terminal. */
function describeManifest(manifest: Exchange): readonly string[] {
  const declared = objectOf(manifest);
  const has = (path: string) => declares(declared, path);
  const schemes = listOf(declared, "authentication").map(({ scheme }) => String(scheme));
  const latency = memberOf(declared, "webhooks")?.["health_latency_seconds"];
  const deviceTypes = [...readDeviceTypes(manifest).keys()];
  const types = readPostedTypes(manifest);
  const parsed = manifestSchema.safeParse(declared);
  return toPrintable([
    `vendor           ${textOf(memberOf(declared, "vendor"), "name") ?? "not declared"}`,
    `contract         ${textOf(declared, "contract_version") ?? "not declared"}`,
    `API              ${textOf(declared, "api_base") ?? "not declared"}`,
    `authentication   ${schemes.join(", ") || "none declared"}`,
    ...CAPABILITIES.map(([path, name]) => `${has(path) ? "✓" : "–"} ${name}`),
    ...(typeof latency === "number" ? [`health latency   ${latency} s`] : []),
    `device types     ${deviceTypes.join(", ") || "none declared"}`,
    `webhook events   ${types.length === 0 ? "none" : `${types.length} types`}`,
    ...(parsed.error
      ? [`The manifest is invalid (see MAN-001): ${describeFieldErrors(fieldErrors(parsed.error), 1)}`]
      : []),
  ]);
}

/** Lists the hosts that a run would have to call, and calls only if `allowHosts` names them. */
function listOtherHosts(manifest: Exchange, target: URL): readonly string[] {
  const declared = objectOf(manifest);
  const urls = [
    textOf(declared, "api_base"),
    textOf(memberOf(declared, "sandbox"), "control_url"),
    ...listOf(declared, "authentication").map((scheme) => textOf(scheme, "token_url")),
  ];
  const hosts = urls.flatMap((url) => URL.parse(url ?? "")?.hostname ?? []);
  const others = hosts.filter((host) => !isAllowedHost(host, target.hostname, []));
  return [...new Set(others)].map((host) => toShownText(host));
}

/** Lists the credential variables for the authentication schemes that a manifest declares. */
function listCredentialVariables(manifest: Exchange): readonly string[] {
  const declared = objectOf(manifest);
  const schemes = listOf(declared, "authentication").map(({ scheme }) => scheme);
  if (schemes.length === 0 || schemes.includes("bearer")) return [KEY_VARIABLES.apiKey];
  if (schemes.includes("signed_jwt")) return [PRIVATE_KEY_VARIABLES.file];
  if (!schemes.includes("oauth2_client_credentials")) return [KEY_VARIABLES.apiKey];
  const hasSecret =
    !declares(declared, TOKEN_METHODS) || declares(declared, `${TOKEN_METHODS}.client_secret_basic`);
  return hasSecret
    ? Object.values(CLIENT_VARIABLES)
    : [CLIENT_VARIABLES.clientId, PRIVATE_KEY_VARIABLES.file];
}

const TOKEN_METHODS = "authentication.oauth2_client_credentials.token_endpoint_auth_methods";
