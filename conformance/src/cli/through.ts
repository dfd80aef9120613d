import { randomBytes } from "node:crypto";
import {
  describeGaps,
  listShipped,
  type Profile,
  type ProfileCredential,
  ProfileError,
  readProfile,
  readShipped,
} from "@convergint/profiles";
import { serveShim } from "@convergint/profiles/shim";
import type { z } from "zod";
import type { vendorSettings } from "../config/vendor-settings.ts";
import type { Credentials } from "../harness/credentials.ts";
import type { Through } from "../suite/through.ts";
import { type CliContext, UsageError } from "./context.ts";
import { readInput } from "./files.ts";

type Values = Pick<
  z.infer<typeof vendorSettings>,
  "target" | "through" | "profileSettings" | "shimPort" | "vendorWebhookSecret" | "proxy" | "endpointUrl"
>;

/** Reads a profile: a shipped one by its name, any other from its file. @throws {UsageError} */
async function loadProfile(given: string, context: CliContext): Promise<Profile> {
  const shipped = readShipped(given);
  if (shipped === null && !/[./\\]/.test(given)) {
    const names = listShipped().map(({ name }) => name);
    throw new UsageError(`--through takes a file or one of ${names.join(", ")}.`);
  }
  const text = shipped ?? (await readInput(context, "the profile", given)).toString("utf8");
  try {
    return readProfile(text, shipped === null ? given : `${given}.yaml`);
  } catch (error) {
    throw error instanceof ProfileError ? new UsageError(`--through: ${error.message}`) : error;
  }
}

/** Reads the settings of the profile. @throws {UsageError} for an unknown or a missing one */
function readSettings({ document }: Profile, given: readonly string[]): Readonly<Record<string, string>> {
  const settings = Object.fromEntries(
    given.map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]),
  );
  const known = Object.keys(document.settings);
  const unknown = Object.keys(settings).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--setting ${unknown}: the profile has ${known.join(", ") || "no settings"}.`);
  for (const [name, { title, required, default: fallback }] of Object.entries(document.settings)) {
    if (required && fallback === undefined && settings[name] === undefined)
      throw new UsageError(`The profile needs --setting ${name}=VALUE: ${title}`);
  }
  return settings;
}

/** The vendor's credential as a profile takes it. */
function toProfileCredential({ apiKey, client, key, parties = {} }: Credentials): ProfileCredential {
  if (apiKey !== undefined) return { apiKey };
  if (client !== undefined && "clientSecret" in client) return client;
  const signing = key ?? (client && "key" in client ? client.key : undefined);
  if (signing === undefined) throw new UsageError("--through needs the vendor's credential.");
  return {
    privateKey: signing.key.export({ format: "pem", type: "pkcs8" }).toString(),
    ...(signing.keyId !== undefined && { keyId: signing.keyId }),
    ...parties,
  };
}

/** A vendor's cloud that is served as the contract during a run. */
export interface OpenedThrough {
  readonly through: Through;
  /** The credential of the shim's callers. */
  readonly credentials: Credentials;
  close(): Promise<void>;
}

/**
 * Starts the shim of `--through`.
 *
 * @returns `null` without `--through`
 * @throws {UsageError}
 */
export async function openThrough(
  values: Values,
  credentials: Credentials,
  context: CliContext,
): Promise<OpenedThrough | null> {
  const { target, through: given, profileSettings = [], shimPort, vendorWebhookSecret } = values;
  if (given === undefined) {
    if (profileSettings.length > 0 || vendorWebhookSecret !== undefined)
      throw new UsageError(
        "--setting and --vendor-webhook-secret belong to --through. Give the profile too.",
      );
    return null;
  }
  if (values.endpointUrl !== undefined)
    throw new UsageError("--through registers its own endpoints. Leave out --endpoint-url.");
  if (values.proxy !== undefined)
    throw new UsageError("--through calls the vendor without a proxy. Leave out --proxy.");
  const profile = await loadProfile(given, context);
  if (profile.document.canonical === true)
    throw new UsageError("This profile is the contract itself. Leave out --through.");
  const settings = readSettings(profile, profileSettings);
  const credential = toProfileCredential(credentials);
  const apiKey = randomBytes(24).toString("base64url");
  const shim = await serveShim(profile, {
    apiKey,
    baseUrl: target,
    credential,
    settings,
    port: shimPort,
    allowLoopback: true,
    clock: context.clock,
    ...(vendorWebhookSecret !== undefined && { webhookSecrets: [vendorWebhookSecret] }),
    onDelivery: (report) => {
      if (report.kind === "refused")
        context.stderr.write(`· a webhook of the vendor was refused: ${report.error.message}\n`);
    },
  });
  context.stderr.write(
    vendorWebhookSecret === undefined
      ? "· without --vendor-webhook-secret, no webhooks are tested\n"
      : `· the vendor's webhooks are expected at ${shim.webhooksUrl}\n`,
  );
  const { name, title, digest } = profile;
  return {
    through: { profile: name, title, digest, shim: shim.url, gaps: [...describeGaps(profile)] },
    credentials: { apiKey },
    close: shim.close,
  };
}
