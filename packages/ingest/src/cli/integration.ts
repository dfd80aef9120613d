import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { type FaultsAnswer, formatFaults, showPreview } from "./preview.ts";
import { callServer, ServerCallError, type ServerFlags, withServer } from "./server-call.ts";
import { print, type Terminal } from "./terminal.ts";

interface SyncAnswer {
  readonly outcome: string;
  readonly kind: string;
  readonly devices: number;
  readonly detail: string | null;
  readonly faults: FaultsAnswer | null;
}

interface IntegrationAnswer {
  readonly integration_id: string;
  readonly name: string;
  readonly disabled_at: string | null;
  readonly base_url: string;
  readonly profile: { readonly name: string; readonly digest: string } | null;
  readonly limitations: readonly string[];
  readonly webhook_url: string;
  readonly webhooks: { readonly state: string; readonly detail: string | null } | null;
  readonly webhook_secrets: readonly { readonly expires_at: string | null }[];
  readonly egress_ip_ranges: readonly string[] | null;
  readonly key_id: string | null;
  readonly next_key: {
    readonly key_id: string | null;
    readonly added_at: string;
    readonly failure: string;
  } | null;
  readonly last_sync: SyncAnswer | null;
  readonly devices: { readonly count: number; readonly is_exact: boolean };
}

interface CreatedAnswer extends IntegrationAnswer {
  readonly webhook_registration: "by_api" | "by_hand" | "none";
  readonly created_webhook_secret: string | null;
}

interface ProfileFlags extends ServerFlags {
  readonly setting?: Readonly<Record<string, string>>;
}

/** The options by which a command gets a vendor's credential. */
export interface CredentialFlags {
  readonly clientId?: string;
  readonly privateKeyFile?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly keyId?: string;
}

interface AddFlags extends ProfileFlags, CredentialFlags {
  readonly profile?: string;
  readonly allowHost?: readonly string[];
  readonly pollSeconds?: string;
  readonly customer?: string;
  readonly webhookSecretFile?: string;
  readonly dryRun?: boolean;
}

interface RotateKeyFlags extends ServerFlags {
  readonly privateKeyFile: string;
  readonly keyId?: string;
}

interface RotateFlags extends ServerFlags {
  readonly secretFile?: string;
  readonly create?: boolean;
  readonly overlapSeconds: string;
  readonly revokeAtOnce?: boolean;
}

const formatOutcome = ({ outcome, faults }: SyncAnswer): string =>
  `${outcome}${faults?.count ? ` with ${faults.count} faults` : ""}`;

const formatSync = (sync: SyncAnswer): string =>
  `${formatOutcome(sync)}, read ${sync.devices} ${sync.kind === "incremental" ? "changed " : ""}devices`;

function formatIntegration({
  integration_id,
  name,
  disabled_at,
  webhooks,
  last_sync,
  devices,
}: IntegrationAnswer): string {
  if (disabled_at !== null) return `${integration_id}  ${name}  disabled since ${disabled_at}`;
  // An incremental sync reads only what changed, so its own number of devices is often 0.
  const sync = `${last_sync ? formatOutcome(last_sync) : "not synced yet"}, ${devices.is_exact ? "" : "more than "}${devices.count} devices`;
  const details = [webhooks?.detail, last_sync?.detail].filter(Boolean).map((each) => `\n    ${each}`);
  return `${integration_id}  ${name}  ${sync}  webhooks ${webhooks?.state ?? "unknown"}${details.join("")}`;
}

/**
 * Reads a secret from the environment. On the command line, the secret would appear in the shell's history
 * and in the process list that every user can read.
 */
export function readSecret({ env }: Terminal, variable: string): string {
  const value = env[variable];
  if (value) return value;
  throw new ServerCallError(
    "no_credential",
    `No credential: set the environment variable ${variable}. There is no option for the credential, because other users can read the command line.`,
  );
}

/** Says what to enter in the vendor's console. */
function describeSecret(
  { integration_id, webhook_url }: IntegrationAnswer,
  secret: string,
): readonly string[] {
  return [
    "Enter in the vendor's console, as the destination of its webhooks:",
    `  URL     ${webhook_url}`,
    `  secret  ${secret}`,
    "Only this output shows the secret. If the vendor's console creates a secret instead, save it to a file and run:",
    `  convergint-ingest rotate-secret ${integration_id} --secret-file FILE --revoke-at-once`,
  ];
}

/** Says how the vendor learns where to post its webhooks. */
function describeRegistration(answer: CreatedAnswer): readonly string[] {
  const { integration_id, webhook_url, webhook_registration, created_webhook_secret: secret } = answer;
  if (webhook_registration === "none") return ["The vendor has no webhooks, so the server only polls it."];
  if (webhook_registration === "by_api") return [`The vendor posts to ${webhook_url}`];
  if (secret !== null) return describeSecret(answer, secret);
  const missing = `The vendor signs with its own keys. Save its public key (whpk_…) to a file and run: convergint-ingest rotate-secret ${integration_id} --secret-file FILE`;
  return [
    `Enter in the vendor's console, as the destination of its webhooks: ${webhook_url}`,
    ...(answer.webhook_secrets.length === 0 ? [missing] : []),
  ];
}

/** Adds to a command the options of a vendor's credential. */
export const withCredential = (command: Command): Command =>
  command
    .option("--client-id <id>", "authenticate as this OAuth 2 client")
    .option(
      "--private-key-file <path>",
      "file with the private key, as PEM or JWK, that signs the tokens of the calls or, with --client-id, the OAuth 2 client's requests",
    )
    .option("--key-id <id>", "id that the vendor knows the private key by: the kid of the tokens")
    .option("--issuer <name>", "issuer of the tokens (default: the manifest's or the profile's)")
    .option(
      "--audience <name>",
      "audience of the tokens (default: the manifest's or the profile's, if it has one)",
    );

/** Reads a vendor's credential, from files and the environment, in the form of the API. */
export async function readCredential(
  flags: CredentialFlags,
  terminal: Terminal,
): Promise<Readonly<Record<string, string>>> {
  const { clientId, privateKeyFile, keyId, issuer, audience } = flags;
  const client = clientId === undefined ? {} : { client_id: clientId };
  if (privateKeyFile !== undefined) {
    return {
      ...client,
      private_key: await readFile(privateKeyFile, "utf8"),
      ...(keyId !== undefined && { key_id: keyId }),
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    };
  }
  return clientId === undefined
    ? { api_key: readSecret(terminal, "VENDOR_API_KEY") }
    : { ...client, client_secret: readSecret(terminal, "VENDOR_CLIENT_SECRET") };
}

/** The name of a shipped profile; every other argument is the path of a file. */
const PROFILE_NAME = /^[a-z0-9-]+$/;

/** Reads what the API takes as a profile: the name of a shipped one, or the text of a file. */
const readProfileArgument = async (argument: string): Promise<string> =>
  PROFILE_NAME.test(argument) ? argument : readFile(argument, "utf8");

/** Collects `--setting name=value`. */
export function collectSetting(
  setting: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = setting.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write name=value.");
  return { ...before, [setting.slice(0, at)]: setting.slice(at + 1) };
}

/** Says which profile the server reads the vendor by, and what this vendor's own format cannot give. */
const describeProfile = ({ profile, limitations }: IntegrationAnswer): readonly string[] => [
  ...(profile ? [`  read through the profile ${profile.name}, digest ${profile.digest}`] : []),
  ...limitations.map((limitation) => `  limitation: ${limitation}`),
];

async function setProfile(
  id: string,
  profile: string,
  flags: ProfileFlags,
  terminal: Terminal,
): Promise<void> {
  const path = `/integrations/${encodeURIComponent(id)}`;
  const answer = (await callServer(flags, terminal, "PATCH", path, {
    profile: await readProfileArgument(profile),
    ...(flags.setting && { settings: flags.setting }),
  })) as IntegrationAnswer;
  print(terminal, flags, answer, [formatIntegration(answer), ...describeProfile(answer)]);
}

async function add(
  name: string,
  baseUrl: string | undefined,
  flags: AddFlags,
  terminal: Terminal,
): Promise<void> {
  const credential = await readCredential(flags, terminal);
  const secrets =
    flags.webhookSecretFile && (await readFile(flags.webhookSecretFile, "utf8")).trim().split(/\s*\n\s*/);
  const body = {
    name,
    ...(baseUrl !== undefined && { base_url: baseUrl }),
    ...(flags.profile !== undefined && { profile: await readProfileArgument(flags.profile) }),
    ...(flags.setting && { settings: flags.setting }),
    ...credential,
    ...(flags.allowHost && { allow_hosts: flags.allowHost }),
    ...(flags.pollSeconds !== undefined && { poll_seconds: Number(flags.pollSeconds) }),
    ...(flags.customer !== undefined && { customer_id: flags.customer }),
    ...(secrets && { webhook_secrets: secrets }),
  };
  if (flags.dryRun) return showPreview(body, flags, terminal);
  const answer = (await callServer(flags, terminal, "POST", "/integrations", body)) as CreatedAnswer;
  const next =
    flags.customer === undefined ? ["No org or site is bound yet. See `convergint-ingest bind --help`."] : [];
  print(terminal, flags, answer, [
    formatIntegration(answer),
    ...describeProfile(answer),
    ...describeRegistration(answer),
    ...next,
  ]);
}

async function allowHosts(
  id: string,
  hosts: readonly string[],
  flags: ServerFlags,
  terminal: Terminal,
): Promise<void> {
  const path = `/integrations/${encodeURIComponent(id)}`;
  const answer = (await callServer(flags, terminal, "PATCH", path, {
    allow_hosts: hosts,
  })) as IntegrationAnswer & {
    readonly allow_hosts: readonly string[];
  };
  const allowed = answer.allow_hosts.join(", ") || "no other host";
  print(terminal, flags, answer, [
    `The credential may be sent to the domain of ${answer.base_url}, and to ${allowed}.`,
  ]);
}

/** Says which private key the server tries and has not used yet. */
const describeNextKey = ({ next_key: next }: IntegrationAnswer): readonly string[] =>
  next
    ? [
        `  waits since ${next.added_at} for the vendor to accept the new key${next.key_id === null ? "" : ` ${next.key_id}`}: ${next.failure}`,
      ]
    : [];

async function rotateKey(id: string, flags: RotateKeyFlags, terminal: Terminal): Promise<void> {
  const { privateKeyFile, keyId } = flags;
  const path = `/integrations/${encodeURIComponent(id)}/rotate-key`;
  const answer = (await callServer(flags, terminal, "POST", path, {
    private_key: await readFile(privateKeyFile, "utf8"),
    ...(keyId !== undefined && { key_id: keyId }),
  })) as IntegrationAnswer;
  print(
    terminal,
    flags,
    answer,
    answer.next_key
      ? [
          "The vendor does not accept the new key yet. The server uses the old key, and tries the new one before each poll.",
          ...describeNextKey(answer),
        ]
      : ["The vendor accepts the new key. The server uses it from now on, and has deleted the old one."],
  );
}

async function rotateSecret(id: string, flags: RotateFlags, terminal: Terminal): Promise<void> {
  const secret = flags.secretFile && (await readFile(flags.secretFile, "utf8")).trim();
  const path = `/integrations/${encodeURIComponent(id)}/rotate-secret`;
  const answer = (await callServer(flags, terminal, "POST", path, {
    overlap_seconds: Number(flags.overlapSeconds),
    revoke_at_once: flags.revokeAtOnce === true,
    ...(secret && { secret }),
    ...(flags.create && { create_secret: true }),
  })) as IntegrationAnswer & Pick<CreatedAnswer, "created_webhook_secret">;
  const [, previous] = answer.webhook_secrets;
  const { created_webhook_secret: created } = answer;
  print(terminal, flags, answer, [
    previous
      ? `Replaced the secret. The server accepts the previous secret until ${previous.expires_at}.`
      : "Set the secret. The server accepts only this secret.",
    ...(created === null ? [] : describeSecret(answer, created)),
  ]);
}

async function sync(id: string, flags: ServerFlags, terminal: Terminal): Promise<void> {
  const path = `/integrations/${encodeURIComponent(id)}/sync`;
  const answer = (await callServer(flags, terminal, "POST", path)) as SyncAnswer;
  const { outcome, detail } = answer;
  const line = `${formatSync(answer)}${detail ? `: ${detail}` : ""}`;
  print(terminal, flags, answer, [line, ...formatFaults(answer.faults)]);
  if (outcome === "failed") terminal.setExitCode(1);
}

/** Adds the commands that manage integrations. */
export function integrationCommands(program: Command, terminal: Terminal): void {
  const integration = program.command("integration").description("Onboard and list vendors.");
  withCredential(withServer(integration.command("add"), terminal))
    .description(
      "Onboard a vendor. Set VENDOR_API_KEY to the vendor's API key or, with --client-id, set VENDOR_CLIENT_SECRET to the OAuth 2 client's secret. With --private-key-file, neither is needed.",
    )
    .argument("<name>")
    .argument(
      "[base-url]",
      "the vendor's base URL, without /.well-known/vendor-cloud (optional if the profile names it)",
    )
    .option(
      "--profile <name|file>",
      "profile of a vendor that does not serve the contract: the name of a shipped one (see `convergint-ingest profile list`), or the path of a file (with a dot or a slash)",
    )
    .option("--setting <name=value>", "value of a setting of the profile; repeatable", collectSetting)
    .option(
      "--customer <id>",
      "bind every org of this credential to this customer (default: quarantine each org until it is bound)",
    )
    .option(
      "--allow-host <host>",
      "host outside the domain of the base URL that the vendor's manifest may name; the credential is sent to it; repeatable",
      (host: string, before: readonly string[] = []) => [...before, host],
    )
    .option("--poll-seconds <n>", "interval between inventory polls")
    .option(
      "--webhook-secret-file <path>",
      "file with the secrets of a destination that was registered by hand, one secret per line (default: the server registers the destination, or creates a secret to enter in the vendor's console)",
    )
    .option(
      "--dry-run",
      "show the account, its sites and devices, and what the server would do; store nothing and register nothing",
    )
    .action((name: string, baseUrl: string | undefined, flags: AddFlags) =>
      add(name, baseUrl, flags, terminal),
    );
  withServer(integration.command("allow-hosts"), terminal)
    .description(
      "Set the hosts outside the domain of the base URL that the vendor's manifest may name. Without hosts, no other host is allowed.",
    )
    .argument("<integration-id>")
    .argument("[hosts...]")
    .action((id: string, hosts: readonly string[], flags: ServerFlags) =>
      allowHosts(id, hosts, flags, terminal),
    );
  withServer(integration.command("set-profile"), terminal)
    .description(
      "Read a vendor through another profile, or through a newer version of its profile. `canonical`: the vendor now serves the contract.",
    )
    .argument("<integration-id>")
    .argument("<name|file>", "the name of a shipped profile, or the path of a file (with a dot or a slash)")
    .option(
      "--setting <name=value>",
      "value of a setting of the profile; repeatable (default: as before)",
      collectSetting,
    )
    .action((id: string, profile: string, flags: ProfileFlags) => setProfile(id, profile, flags, terminal));
  withServer(integration.command("rotate-key"), terminal)
    .description(
      "Replace a private key. The server uses the old key until the vendor accepts the new one, which it tries now and before each poll.",
    )
    .argument("<integration-id>")
    .requiredOption("--private-key-file <path>", "file with the new private key, as PEM or JWK")
    .option("--key-id <id>", "id that the vendor knows the new key by")
    .action((id: string, flags: RotateKeyFlags) => rotateKey(id, flags, terminal));
  withServer(integration.command("list"), terminal)
    .description("List the integrations with their sync and webhook state.")
    .action(async (flags: ServerFlags) => {
      const answer = (await callServer(flags, terminal, "GET", "/integrations")) as {
        data: IntegrationAnswer[];
      };
      const lines = answer.data.map(formatIntegration);
      print(terminal, flags, answer, lines.length > 0 ? lines : ["No integrations."]);
    });
  withServer(integration.command("show"), terminal)
    .description("Show an integration, and what the last sync found wrong with the vendor's records.")
    .argument("<integration-id>")
    .action(async (id: string, flags: ServerFlags) => {
      const path = `/integrations/${encodeURIComponent(id)}`;
      const answer = (await callServer(flags, terminal, "GET", path)) as IntegrationAnswer;
      const faults = formatFaults(answer.last_sync?.faults ?? null);
      const { egress_ip_ranges: ranges } = answer;
      const egress = ranges ? [`  the vendor's webhooks come from ${ranges.join(", ")}`] : [];
      print(terminal, flags, answer, [
        formatIntegration(answer),
        ...describeProfile(answer),
        ...describeNextKey(answer),
        ...egress,
        ...faults,
      ]);
    });
  for (const [command, disabled] of [
    ["disable", true],
    ["enable", false],
  ] as const) {
    withServer(integration.command(command), terminal)
      .description(
        disabled
          ? "Stop polling a vendor and accepting its webhooks. Stored data stays."
          : "Poll a disabled vendor again, and accept its webhooks.",
      )
      .argument("<integration-id>")
      .action(async (id: string, flags: ServerFlags) => {
        const path = `/integrations/${encodeURIComponent(id)}`;
        const answer = (await callServer(flags, terminal, "PATCH", path, { disabled })) as IntegrationAnswer;
        print(terminal, flags, answer, [formatIntegration(answer)]);
      });
  }
  withServer(integration.command("delete"), terminal)
    .description(
      "Delete an integration, its webhook endpoint at the vendor, its devices and its settings. Its events stay until their age removes them.",
    )
    .argument("<integration-id>")
    .action(async (id: string, flags: ServerFlags) => {
      const path = `/integrations/${encodeURIComponent(id)}`;
      const answer = (await callServer(flags, terminal, "DELETE", path)) as { left_at_vendor: string | null };
      const { left_at_vendor: left } = answer;
      const lines =
        left === null ? [] : [`The webhook endpoint remains at the vendor; delete it there. ${left}`];
      print(terminal, flags, answer, ["Deleted.", ...lines]);
    });
  withServer(program.command("rotate-secret"), terminal)
    .description(
      "Replace an integration's webhook secret. During the overlap, the server accepts the old and the new secret.",
    )
    .argument("<integration-id>")
    .option("--secret-file <path>", "file with the new secret, for a destination that was registered by hand")
    .option("--create", "create the new secret here and print it once, to enter in the vendor's console")
    .option("--overlap-seconds <n>", "how long the server still accepts the previous secret", "86400")
    .option("--revoke-at-once", "no longer accept the previous secret, because others may have it")
    .action((id: string, flags: RotateFlags) => rotateSecret(id, flags, terminal));
  withServer(program.command("sync"), terminal)
    .description("Poll an integration's inventory now.")
    .argument("<integration-id>")
    .action((id: string, flags: ServerFlags) => sync(id, flags, terminal));
}
