import type { ProxySettings } from "@convergint/internal/proxy";
import { type Command, Option } from "commander";
import type { z } from "zod";
import { loadConfig } from "../config/load-config.ts";
import { receiverSettings } from "../config/receiver-settings.ts";
import { type ResolvedSettings, resolveSettings } from "../config/resolve-settings.ts";
import { type DeclaredSetting, getSetting, listSettings, type Settings } from "../config/setting.ts";
import { vendorSettings } from "../config/vendor-settings.ts";
import type { CallGuard } from "../harness/caller.ts";
import { PRIVATE_KEY_VARIABLES } from "../harness/credentials.ts";
import { exclusions } from "../registry/exclusions.ts";
import { explainMissing, type Prerequisite } from "../registry/prerequisites.ts";
import { requirements } from "../registry/requirements.ts";
import { useProxy } from "../suite/vendor-watch.ts";
import { type CliContext, UsageError } from "./context.ts";

/** The values of flags, by the names that commander gives them. */
export type Flags = Readonly<Record<string, unknown>>;

/** Collects the values of a repeatable option. */
export const collectValues = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses a duration, such as 90d, 12h or 30m. @returns milliseconds @throws {UsageError} */
export function parseDuration(flag: string, text: string): number {
  const [, count, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  if (unit !== undefined) return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  throw new UsageError(`${flag} takes a duration such as 90d, 12h or 30m; got ${JSON.stringify(text)}.`);
}

/** Creates the option `--only`. */
export const onlyOption = (): Option =>
  new Option("--only <id>", "test only this requirement; repeatable; such a run certifies nothing")
    .argParser(collectValues)
    .default([], "all requirements");

function toOption({ flag, description, variable, fallback, otherwise, isList }: DeclaredSetting): Option {
  const defaultText = fallback ?? otherwise;
  const notes = [
    ...(variable === undefined ? [] : [`env: ${variable}`]),
    ...(defaultText === undefined ? [] : [`default: ${defaultText}`]),
  ];
  const option = new Option(flag, notes.length > 0 ? `${description} (${notes.join(", ")})` : description);
  return isList ? option.argParser(collectValues) : option;
}

/** Adds one option per setting to a command. */
export function addSettings(command: Command, settings: Settings): Command {
  for (const setting of listSettings(settings)) command.addOption(toOption(setting));
  return command;
}

/** Returns the values given with a flag, as text. */
const readFlag =
  (flags: Flags) =>
  (setting: DeclaredSetting): readonly string[] => {
    const given = flags[toOption(setting).attributeName()];
    return given === undefined ? [] : [given].flat().map(String);
  };

/** Returns the proxy that the settings name. */
export const proxyOf = ({
  proxy: url,
  proxyDns: dns,
}: Partial<Pick<z.infer<typeof vendorSettings>, "proxy" | "proxyDns">>): ProxySettings | undefined =>
  url === undefined ? undefined : { url, dns };

/** Resolves settings from flags and the environment. @throws {ConfigError} */
export const resolveFlags = <S extends Settings>(
  settings: S,
  flags: Flags,
  { environment }: CliContext,
): ResolvedSettings<S> => resolveSettings(settings, { flag: readFlag(flags), environment, file: null });

/** The settings of commands that call only URLs of their command line. */
export const proxySettings = vendorSettings.pick({ proxy: true, proxyDns: true });

/** Creates the guard of calls to URLs of the command line: it sends them through the proxy of the settings, if any. */
export function guardOwnCalls(flags: Flags, context: CliContext): CallGuard | undefined {
  const proxy = proxyOf(resolveFlags(proxySettings, flags, context).values);
  return proxy && useProxy(proxy);
}

/** The resolved settings of `run`, and the config file that was read; `null` if there is none. */
export interface RunSettings extends ResolvedSettings<typeof vendorSettings> {
  readonly configFile: string | null;
}

/**
 * Resolves the settings of `run`.
 *
 * @param named the config file given on the command line, if any
 * @throws {ConfigError}
 */
export async function resolveRunSettings(
  flags: Flags,
  named: string | undefined,
  { folder, environment }: CliContext,
): Promise<RunSettings> {
  const file = await loadConfig(folder, named);
  const resolved = resolveSettings(vendorSettings, { flag: readFlag(flags), environment, file });
  return { ...resolved, configFile: file?.file ?? null };
}

/** The setting of the target URL. `init` reads it too. */
export const targetSetting = getSetting(vendorSettings, "target");

/** Checks the ids of `--only`. @throws {UsageError} if a requirement cannot be tested */
export function parseRequirements(
  ids: readonly string[],
  actor: "vendor" | "consumer",
  given: readonly Prerequisite[],
): readonly string[] | undefined {
  const known = ids.map((id) => {
    const requirement = requirements.find((each) => each.id === id.toUpperCase());
    if (requirement?.actor !== actor) {
      throw new UsageError(
        `Unknown ${actor} requirement ${JSON.stringify(id)}. Run \`list\` to see all ids.`,
      );
    }
    const reason = exclusions.get(requirement.id);
    if (reason !== undefined) {
      throw new UsageError(`${requirement.id} is not tested by this version of the suite. ${reason}`);
    }
    const missing = explainMissing(requirement.id, given);
    if (missing) throw new UsageError(`${requirement.id} cannot be tested yet. ${missing}`);
    return requirement.id;
  });
  return known.length > 0 ? known : undefined;
}

const FLAGS = new Set(
  [vendorSettings, receiverSettings].flatMap((settings) =>
    listSettings(settings).flatMap(({ isCredential, flagName }) => (isCredential ? [flagName] : [])),
  ),
);
/** The parts of a private key that are long enough to be secret: lines of its PEM, or members of its JWK. */
const partsOfKey = (key: string): readonly string[] => key.match(/[A-Za-z0-9+/=_-]{16,}/g) ?? [];

const VARIABLE = /^CONFORMANCE_.*(?:KEY|SECRETS?|TOKEN|PROXY)$/;

/**
 * Collects every secret on a command line and in its environment. Also works if the command line is invalid.
 */
export function collectSecrets(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const onCommandLine = args.flatMap((arg, index) => {
    const [flag = "", ...value] = arg.split("=");
    if (!FLAGS.has(flag)) return [];
    return value.length > 0 ? [value.join("=")] : (args[index + 1] ?? []);
  });
  const inEnvironment = Object.entries(environment).flatMap(([name, value = ""]) => {
    if (name === PRIVATE_KEY_VARIABLES.key) return partsOfKey(value);
    return VARIABLE.test(name) ? value.split(" ") : [];
  });
  const given = [...onCommandLine, ...inEnvironment];
  // A proxy's URL contains its password.
  return [...given, ...given.map((each) => URL.parse(each)?.password ?? "")].filter((each) => each !== "");
}

/** Removes flag values from a message, because the value of a misspelled flag can be a secret. */
export const hideFlagValues = (message: string): string =>
  message.replaceAll(/(--[\w-]+)=(?:[^']*(?=')|[^'\n]*)/g, "$1=…");
