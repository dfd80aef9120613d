import { exclusions } from "../registry/exclusions.ts";
import { missingFor } from "../registry/prerequisites.ts";
import { isVendorProfile, type Profile, vendorProfileNames } from "../registry/profiles.ts";
import { requirements } from "../registry/requirements.ts";
import { parseReports, type ReportFlags } from "./report-options.ts";
import { UsageError } from "./usage-error.ts";

/** `run`'s flags as commander gives them. */
export interface RunFlags extends ReportFlags {
  readonly target?: string;
  readonly apiKey?: string;
  readonly secondApiKey?: string;
  readonly profile: readonly string[];
  readonly only: readonly string[];
  readonly publicUrl?: string;
  readonly receiverPort: string;
  readonly bundle?: string;
}

/** What is no URL may be one without its scheme, with a password or a key in it all the same. */
const withoutCredentials = (text: string) => text.replace(/^.*@/, "…@").replace(/\?.*$/, "?…");

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
      `${flag} takes an http or https URL, such as https://api.vendor.example; got ${JSON.stringify(withoutCredentials(text))}.`,
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
  if (!flags.apiKey) {
    throw new UsageError("Give the API key the vendor issued, with --api-key KEY or in CONFORMANCE_API_KEY.");
  }
  const { secondApiKey } = flags;
  if (secondApiKey === flags.apiKey) {
    throw new UsageError("--second-api-key is another tenant's: give a key of its own.");
  }
  const only = flags.only.map((id) => requirementNamed(id, "vendor"));
  for (const id of only) {
    const missing = missingFor(id, secondApiKey === undefined ? [] : ["second_credential"]);
    if (missing) throw new UsageError(`${id} cannot be judged as it is. ${missing}`);
  }
  return {
    target: httpUrl("--target", flags.target),
    apiKey: flags.apiKey,
    ...(secondApiKey === undefined ? {} : { secondApiKey }),
    ...(flags.profile.length > 0 ? { profiles: flags.profile.map(profileNamed) } : {}),
    ...(only.length > 0 ? { only } : {}),
    receiver: {
      port: portNumber("--receiver-port", flags.receiverPort),
      ...(flags.publicUrl === undefined ? {} : { publicUrl: httpUrl("--public-url", flags.publicUrl).href }),
    },
    reports: parseReports(flags.report),
    bundle: flags.bundle,
    json: flags.json,
  };
}
