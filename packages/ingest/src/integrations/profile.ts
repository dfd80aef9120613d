import {
  createWebhookReader,
  listShipped,
  type Profile,
  ProfileError,
  readProfile,
  readShipped,
  type WebhookReader,
} from "@convergint/profiles";
import { ProblemError } from "../problem.ts";

/** The profile by which the server reads a vendor, as it is stored with the integration. */
export interface IntegrationProfile {
  readonly name: string;
  /** SHA-256 of the document. */
  readonly digest: string;
  /** The whole document, so that a newer version of a shipped profile takes effect only when someone asks for it. */
  readonly document: string;
  /** What the operator entered for the profile's settings. Never secret. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The name of the profile of a vendor that serves the contract. */
export const CANONICAL = "canonical";
/** A text of this form is the name of a shipped profile; any other text is a document. */
const NAME = /^[a-z0-9-]+$/;

const refuse = (code: "invalid_profile" | "unknown_profile" | "invalid_profile_settings", detail: string) =>
  new ProblemError(422, code, detail);

/** Finds the document of a shipped profile. @throws {ProblemError} 422 `unknown_profile` */
function findDocument(name: string): string {
  const document = readShipped(name);
  if (document !== null) return document;
  const names = listShipped().map((each) => each.name);
  throw refuse(
    "unknown_profile",
    `No profile has the name ${name}. Send one of ${names.join(", ")}, or the text of a profile.`,
  );
}

/**
 * Checks what the operator entered against the profile's settings, and adds defaults.
 *
 * @throws {ProblemError} 422 `invalid_profile_settings`
 */
export function fillSettings(
  { name, document: { settings } }: Pick<Profile, "name" | "document">,
  given: IntegrationProfile["settings"],
): IntegrationProfile["settings"] {
  const unknown = Object.keys(given).filter((each) => !Object.hasOwn(settings, each));
  const defaults = Object.entries(settings).flatMap(([each, { default: value }]) =>
    value === undefined ? [] : [[each, value] as const],
  );
  const filled = { ...Object.fromEntries(defaults), ...given };
  const missing = Object.entries(settings).filter(
    ([each, { required }]) => required && (filled[each] ?? "") === "",
  );
  const problems = [
    ...unknown.map((each) => `it has no setting ${each}`),
    ...missing.map(([each, { title }]) => `the setting ${each} is missing (${title})`),
  ];
  if (problems.length === 0) return filled;
  const known = Object.keys(settings).join(", ") || "none";
  throw refuse(
    "invalid_profile_settings",
    `The settings do not fit the profile ${name}: ${problems.join("; ")}. Its settings: ${known}.`,
  );
}

const opened = new WeakMap<IntegrationProfile, Profile>();

/**
 * Reads the stored profile of an integration. Reads it once for each version of the integration.
 *
 * @throws {ProfileError} if this version of the server does not read the stored document
 */
export function openProfile(stored: IntegrationProfile): Profile {
  const known = opened.get(stored);
  if (known) return known;
  const profile = readProfile(stored.document, stored.name);
  opened.set(stored, profile);
  return profile;
}

/**
 * Refuses `allow_hosts` for a vendor with a profile. These hosts limit what a manifest may name, but a profile itself
 * names the hosts that it calls.
 *
 * @throws {ProblemError} 400 `invalid_parameter`
 */
export function requireNoHosts(profile: IntegrationProfile | null, allowHosts: readonly string[]): void {
  if (!profile || allowHosts.length === 0) return;
  const detail = `The profile ${profile.name} names the hosts that it calls, so \`allow_hosts\` has no effect. Leave it out.`;
  throw new ProblemError(400, "invalid_parameter", detail);
}

/** Whether the vendor signs its webhooks. Webhooks of a vendor that does not sign are refused, because anyone could send them. */
export function hasSignature(stored: IntegrationProfile): boolean {
  const { canonical, webhooks } = openProfile(stored).document;
  return canonical === true || (webhooks !== undefined && webhooks.signature !== null);
}

const readers = new WeakMap<IntegrationProfile, WebhookReader>();

/**
 * Returns the reader of a vendor's webhooks. Creates it once for each version of the integration.
 *
 * @throws {ProfileError} if this version of the server does not read the stored document
 */
export function getReader(stored: IntegrationProfile): WebhookReader {
  const reader =
    readers.get(stored) ?? createWebhookReader(openProfile(stored), { settings: stored.settings });
  readers.set(stored, reader);
  return reader;
}

/**
 * Converts a profile as the API receives it.
 *
 * @param given the name of a shipped profile, or the text of a profile
 * @returns `null` for the contract itself
 * @throws {ProblemError} 422 `invalid_profile`, `unknown_profile`, `invalid_profile_settings`
 */
export function toIntegrationProfile(
  given: string,
  settings: IntegrationProfile["settings"],
): IntegrationProfile | null {
  if (given === CANONICAL) {
    if (Object.keys(settings).length === 0) return null;
    throw refuse("invalid_profile_settings", "A vendor that serves the contract has no settings.");
  }
  const isName = NAME.test(given);
  const document = isName ? findDocument(given) : given;
  try {
    const profile = readProfile(document, isName ? `${given}.yaml` : "profile");
    const { name, digest } = profile;
    const stored = { name, digest, document, settings: fillSettings(profile, settings) };
    opened.set(stored, profile);
    return stored;
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    throw refuse("invalid_profile", `The profile cannot be used. ${error.message}`);
  }
}

/** Lists the limitations of a vendor's format; none for a vendor that serves the contract. */
export function describeLimitations(stored: IntegrationProfile | null): readonly string[] {
  if (!stored) return [];
  try {
    return getReader(stored).limitations;
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    return [`This version of the server cannot read the stored profile. ${error.message}`];
  }
}
