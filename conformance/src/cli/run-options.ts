import { exclusions } from "../registry/exclusions.ts";
import { missingFor, prerequisitesIn } from "../registry/prerequisites.ts";
import { isVendorProfile, type Profile, vendorProfileNames } from "../registry/profiles.ts";
import { requirements } from "../registry/requirements.ts";
import { type CredentialFlags, parseCredentials } from "./credential-options.ts";
import { parseReports, type ReportFlags } from "./report-options.ts";
import { UsageError } from "./usage-error.ts";

/** `run`'s flags as commander gives them. */
export interface RunFlags extends ReportFlags, CredentialFlags {
  readonly target?: string;
  readonly profile: readonly string[];
  readonly only: readonly string[];
  readonly publicUrl?: string;
  readonly receiverPort: string;
  readonly triggerCmd?: string;
  readonly bundle?: string;
}

/**
 * Reads a URL that is called.
 *
 * @param query whether it may have one; what paths are appended to may not
 * @throws {UsageError}
 */
export function httpUrl(flag: string, text: string, { query = false } = {}): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new UsageError(
      `${flag} takes an http or https URL, such as https://api.vendor.example; got ${JSON.stringify(text)}.`,
    );
  }
  if (url.username || url.password)
    throw new UsageError(`${flag} takes no credential; give it with --api-key.`);
  if (!query && (url.search || url.hash))
    throw new UsageError(`${flag} takes a URL without a query or a fragment.`);
  return url;
}

function profileNamed(name: string): Profile {
  if (isVendorProfile(name)) return name;
  throw new UsageError(
    `--profile takes one of ${vendorProfileNames.join(", ")} in this version; got ${JSON.stringify(name)}.`,
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

/** Reads `run`'s flags. @throws {UsageError} naming the flag and what to give */
export function parseRunFlags(flags: RunFlags) {
  if (flags.target === undefined) {
    throw new UsageError(
      "Give the vendor's base URL with --target; to certify a consumer, see run receiver --help.",
    );
  }
  const credentials = parseCredentials(flags);
  const only = flags.only.map((id) => requirementNamed(id, "vendor"));
  for (const id of only) {
    const missing = missingFor(id, prerequisitesIn(credentials));
    if (missing) throw new UsageError(`${id} cannot be judged as it is. ${missing}`);
  }
  return {
    target: httpUrl("--target", flags.target),
    credentials,
    ...(flags.profile.length > 0 ? { profiles: flags.profile.map(profileNamed) } : {}),
    ...(only.length > 0 ? { only } : {}),
    receiver: {
      port: portNumber("--receiver-port", flags.receiverPort),
      ...(flags.publicUrl === undefined ? {} : { publicUrl: httpUrl("--public-url", flags.publicUrl).href }),
    },
    ...(flags.triggerCmd === undefined ? {} : { triggerCommand: flags.triggerCmd }),
    reports: parseReports(flags.report),
    bundle: flags.bundle,
    json: flags.json,
  };
}
