import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { callServer, ServerCallError, type ServerFlags, withServer } from "./server-call.ts";
import { print, type Terminal } from "./terminal.ts";

interface IntegrationAnswer {
  readonly integration_id: string;
  readonly name: string;
  readonly webhook_url: string;
  readonly webhooks: { readonly state: string; readonly detail: string | null } | null;
  readonly webhook_secrets: readonly { readonly expires_at: string | null }[];
  readonly last_sync: {
    readonly outcome: string;
    readonly devices: number;
    readonly detail: string | null;
  } | null;
}

interface AddFlags extends ServerFlags {
  readonly pollSeconds?: string;
  readonly customer?: string;
  readonly clientId?: string;
  readonly webhookSecretFile?: string;
}

interface RotateFlags extends ServerFlags {
  readonly secretFile?: string;
  readonly overlapSeconds: string;
}

function formatIntegration({ integration_id, name, webhooks, last_sync }: IntegrationAnswer): string {
  const sync = last_sync ? `${last_sync.outcome}, ${last_sync.devices} devices` : "not synced yet";
  const details = [webhooks?.detail, last_sync?.detail].filter(Boolean).map((each) => `\n    ${each}`);
  return `${integration_id}  ${name}  ${sync}  webhooks ${webhooks?.state ?? "unknown"}${details.join("")}`;
}

/**
 * Reads a secret from the environment. On the command line, the secret would appear in the shell's history
 * and in the process list that every user can read.
 */
function readSecret({ env }: Terminal, variable: string): string {
  const value = env[variable];
  if (value) return value;
  throw new ServerCallError(
    "no_credential",
    `Set the variable ${variable} to the vendor's credential. Other users can read the command line.`,
  );
}

async function add(name: string, baseUrl: string, flags: AddFlags, terminal: Terminal): Promise<void> {
  const credential =
    flags.clientId === undefined
      ? { api_key: readSecret(terminal, "VENDOR_API_KEY") }
      : { client_id: flags.clientId, client_secret: readSecret(terminal, "VENDOR_CLIENT_SECRET") };
  const secrets =
    flags.webhookSecretFile && (await readFile(flags.webhookSecretFile, "utf8")).trim().split(/\s+/);
  const answer = (await callServer(flags, terminal, "POST", "/integrations", {
    name,
    base_url: baseUrl,
    ...credential,
    ...(flags.pollSeconds !== undefined && { poll_seconds: Number(flags.pollSeconds) }),
    ...(flags.customer !== undefined && { customer_id: flags.customer }),
    ...(secrets && { webhook_secrets: secrets }),
  })) as IntegrationAnswer;
  const next =
    flags.customer === undefined ? ["Nothing is bound yet: see `convergint-ingest bind --help`."] : [];
  print(terminal, flags, answer, [
    formatIntegration(answer),
    `The vendor posts to ${answer.webhook_url}`,
    ...next,
  ]);
}

async function rotateSecret(id: string, flags: RotateFlags, terminal: Terminal): Promise<void> {
  const secret = flags.secretFile && (await readFile(flags.secretFile, "utf8")).trim();
  const path = `/integrations/${encodeURIComponent(id)}/rotate-secret`;
  const answer = (await callServer(flags, terminal, "POST", path, {
    overlap_seconds: Number(flags.overlapSeconds),
    ...(secret && { secret }),
  })) as IntegrationAnswer;
  const [, previous] = answer.webhook_secrets;
  print(terminal, flags, answer, [
    `Rotated. The previous secret verifies until ${previous?.expires_at ?? "now"}.`,
  ]);
}

async function sync(id: string, flags: ServerFlags, terminal: Terminal): Promise<void> {
  const path = `/integrations/${encodeURIComponent(id)}/sync`;
  const answer = (await callServer(flags, terminal, "POST", path)) as NonNullable<
    IntegrationAnswer["last_sync"]
  >;
  const { outcome, devices, detail } = answer;
  print(terminal, flags, answer, [`${outcome}, ${devices} devices${detail ? `: ${detail}` : ""}`]);
  if (outcome === "failed") terminal.setExitCode(1);
}

/** Adds the commands that manage integrations. */
export function integrationCommands(program: Command, terminal: Terminal): void {
  const integration = program.command("integration").description("Onboard and list vendors.");
  withServer(integration.command("add"), terminal)
    .description(
      "Onboard a vendor. Reads its API key from VENDOR_API_KEY, or the secret of an OAuth 2 client from VENDOR_CLIENT_SECRET.",
    )
    .argument("<name>")
    .argument("<base-url>", "the base URL of the vendor's manifest")
    .option("--client-id <id>", "authenticate as this OAuth 2 client")
    .option(
      "--customer <id>",
      "customer to bind every org of this credential to; without it, everything is quarantined until bound",
    )
    .option("--poll-seconds <n>", "interval between inventory polls")
    .option("--webhook-secret-file <path>", "secrets of a destination registered by hand, one per line")
    .action((name: string, baseUrl: string, flags: AddFlags) => add(name, baseUrl, flags, terminal));
  withServer(integration.command("list"), terminal)
    .description("List the integrations with their sync and webhook state.")
    .action(async (flags: ServerFlags) => {
      const answer = (await callServer(flags, terminal, "GET", "/integrations")) as {
        data: IntegrationAnswer[];
      };
      const lines = answer.data.map(formatIntegration);
      print(terminal, flags, answer, lines.length > 0 ? lines : ["No integrations."]);
    });
  withServer(program.command("rotate-secret"), terminal)
    .description("Replace an integration's webhook secret. Both secrets verify during the overlap.")
    .argument("<integration-id>")
    .option("--secret-file <path>", "the new secret, for a destination registered by hand")
    .option("--overlap-seconds <n>", "how long the previous secret still verifies", "86400")
    .action((id: string, flags: RotateFlags) => rotateSecret(id, flags, terminal));
  withServer(program.command("sync"), terminal)
    .description("Poll an integration's inventory now.")
    .argument("<integration-id>")
    .action((id: string, flags: ServerFlags) => sync(id, flags, terminal));
}
