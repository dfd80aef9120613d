import { MAX_SEED } from "@convergint/internal/seeded-random";
import { MOST_SECONDS } from "../config/config-schema.ts";
import { faultOfUrl } from "../config/http-url.ts";
import type { Settings, Settled } from "../config/settings.ts";
import { exclusions } from "../registry/exclusions.ts";
import { missingFor, prerequisitesIn } from "../registry/prerequisites.ts";
import { isVendorProfile, type Profile, vendorProfileNames } from "../registry/profiles.ts";
import { requirements } from "../registry/requirements.ts";
import { type CredentialFlags, parseCredentials } from "./credential-options.ts";
import { parseReports } from "./report-options.ts";
import type { SettingFlags } from "./setting-options.ts";
import { UsageError } from "./usage-error.ts";

/** `run`'s flags as commander gives them, beside those of settings. */
export interface RunFlags extends CredentialFlags, SettingFlags {
  readonly only: readonly string[];
  readonly config?: string;
  readonly printConfig: boolean;
  readonly json: boolean;
}

/**
 * Reads a URL that is called.
 *
 * @param where the flag or variable it was given by
 * @param query whether it may have one; what paths are appended to may not
 * @throws {UsageError}
 */
export function httpUrl(where: string, text: string, options: { readonly query?: boolean } = {}): URL {
  const fault = faultOfUrl(text, options);
  if (fault !== null) throw new UsageError(`${where} ${fault}`);
  return new URL(text);
}

/** Reads a setting that has one value. */
const single = <T>({ values, where }: Settled, read: (where: string, text: string) => T): T =>
  read(where, values[0] ?? "");

function profileNamed(where: string, name: string): Profile {
  if (isVendorProfile(name)) return name;
  throw new UsageError(
    `${where} takes one of ${vendorProfileNames.join(", ")} in this version; got ${JSON.stringify(name)}.`,
  );
}

/** Reads the id of a requirement that is judged. @throws {UsageError} */
export function requirementNamed(id: string, actor: "vendor" | "consumer"): string {
  const requirement = requirements.find((known) => known.id === id.toUpperCase());
  if (requirement?.actor !== actor) {
    throw new UsageError(
      `There is no ${actor} requirement ${JSON.stringify(id)}; see the ids with \`list\`.`,
    );
  }
  const reason = exclusions.get(requirement.id);
  if (reason !== undefined) {
    throw new UsageError(`${requirement.id} is not judged by this version of the suite. ${reason}`);
  }
  return requirement.id;
}

/** Reads a port to listen on. @throws {UsageError} */
export function portNumber(flag: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`${flag} takes a port number from 0 to 65535; got ${JSON.stringify(text)}.`);
}

function seedNumber(flag: string, text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed <= MAX_SEED) return seed;
  throw new UsageError(`${flag} takes a whole number from 0 to ${MAX_SEED}; got ${JSON.stringify(text)}.`);
}

/** Reads how long something may take. @throws {UsageError} */
export function secondsNumber(flag: string, text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= MOST_SECONDS) return seconds;
  throw new UsageError(`${flag} takes whole seconds from 1 to ${MOST_SECONDS}; got ${JSON.stringify(text)}.`);
}

function commandLine(flag: string, text: string): string {
  if (text.trim() !== "") return text;
  throw new UsageError(`${flag} takes a command line, such as ./change-device.sh; got nothing.`);
}

/** Reads what a run is set up with, as far as it is. @throws {UsageError} naming what is wrong and what to give */
export function readSettings(settings: Settings) {
  const {
    target,
    profiles,
    reports,
    bundle,
    baseline,
    publicUrl,
    receiverPort,
    seed,
    timeBudgetSeconds,
    triggerCommand,
  } = settings;
  return {
    target: target && single(target, httpUrl),
    profiles: profiles?.values.map((name) => profileNamed(profiles.where, name)),
    reports: reports ? parseReports(reports.values, reports.where) : [],
    bundle: bundle?.values[0],
    baseline: baseline?.values[0],
    triggerCommand: triggerCommand && single(triggerCommand, commandLine),
    publicUrl: publicUrl && single(publicUrl, httpUrl),
    receiverPort: receiverPort && single(receiverPort, portNumber),
    seed: seed && single(seed, seedNumber),
    timeBudgetSeconds: timeBudgetSeconds && single(timeBudgetSeconds, secondsNumber),
  };
}

/** Reads `run`'s flags and settings. @throws {UsageError} naming what is wrong and what to give */
export function parseRun(flags: RunFlags, settings: Settings) {
  const { target, profiles, receiverPort, publicUrl, seed, timeBudgetSeconds, triggerCommand, ...files } =
    readSettings(settings);
  if (target === undefined) {
    throw new UsageError(
      "Give the vendor's base URL with --target; to write a config file, see init --help; to certify a consumer, run receiver --help.",
    );
  }
  const credentials = parseCredentials(flags);
  const asked = flags.only.map((id) => requirementNamed(id, "vendor"));
  for (const id of asked) {
    const missing = missingFor(id, prerequisitesIn(credentials));
    if (missing) throw new UsageError(`${id} cannot be judged as it is. ${missing}`);
  }
  return {
    target,
    credentials,
    ...(profiles && { profiles }),
    ...(asked.length > 0 ? { only: asked } : {}),
    receiver: {
      ...(receiverPort === undefined ? {} : { port: receiverPort }),
      ...(publicUrl && { publicUrl: publicUrl.href }),
    },
    ...(triggerCommand === undefined ? {} : { triggerCommand }),
    ...(seed === undefined ? {} : { seed }),
    ...(timeBudgetSeconds === undefined ? {} : { timeBudgetSeconds }),
    ...files,
    json: flags.json,
  };
}
