import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { callServer, print, ServerCallError, type ServerFlags, withServer } from "./server-call.ts";

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

const line = ({ integration_id, name, webhooks, last_sync }: IntegrationAnswer): string => {
  const sync = last_sync ? `${last_sync.outcome}, ${last_sync.devices} devices` : "not synced yet";
  const why = [webhooks?.detail, last_sync?.detail].filter(Boolean).map((each) => `\n    ${each}`);
  return `${integration_id}  ${name}  ${sync}  webhooks ${webhooks?.state ?? "unknown"}${why.join("")}`;
};

/** A secret on a command line is in the shell's history and in every user's list of processes. */
function secretFromEnvironment(variable: string): string {
  const value = process.env[variable];
  if (value) return value;
  throw new ServerCallError(
    "no_credential",
    `Put the credential into the variable ${variable}; on the command line others could read it.`,
  );
}

async function add(name: string, baseUrl: string, flags: AddFlags): Promise<void> {
  const credential =
    flags.clientId === undefined
      ? { api_key: secretFromEnvironment("VENDOR_API_KEY") }
      : { client_id: flags.clientId, client_secret: secretFromEnvironment("VENDOR_CLIENT_SECRET") };
  const secrets =
    flags.webhookSecretFile && (await readFile(flags.webhookSecretFile, "utf8")).trim().split(/\s+/);
  const answer = (await callServer(flags, "POST", "/integrations", {
    name,
    base_url: baseUrl,
    ...credential,
    ...(flags.pollSeconds !== undefined && { poll_seconds: Number(flags.pollSeconds) }),
    ...(flags.customer !== undefined && { customer_id: flags.customer }),
    ...(secrets && { webhook_secrets: secrets }),
  })) as IntegrationAnswer;
  const next =
    flags.customer === undefined ? ["Nothing is bound yet: see `convergint-ingest bind --help`."] : [];
  print(flags, answer, [line(answer), `The vendor posts to ${answer.webhook_url}`, ...next]);
}

/** Adds the commands about integrations. */
export function integrationCommands(program: Command): void {
  const integration = program.command("integration").description("Onboard vendors, and look at them.");
  withServer(integration.command("add"))
    .description(
      "Onboard a vendor: its API key is read from VENDOR_API_KEY, an OAuth 2 client's secret from VENDOR_CLIENT_SECRET.",
    )
    .argument("<name>")
    .argument("<base-url>", "where the vendor's manifest is")
    .option("--client-id <id>", "authenticate as this OAuth 2 client")
    .option("--customer <id>", "whose all of it is; without it, nothing is bound yet")
    .option("--poll-seconds <n>", "how often the inventory is polled")
    .option(
      "--webhook-secret-file <path>",
      "secrets of a destination that was registered by hand, one a line",
    )
    .action(add);
  withServer(integration.command("list"))
    .description("List the integrations, and how they do.")
    .action(async (flags: ServerFlags) => {
      const answer = (await callServer(flags, "GET", "/integrations")) as { data: IntegrationAnswer[] };
      print(flags, answer, answer.data.length > 0 ? answer.data.map(line) : ["There are none."]);
    });
  withServer(program.command("rotate-secret"))
    .description("Replace an integration's webhook secret; old and new both verify meanwhile.")
    .argument("<integration-id>")
    .option("--secret-file <path>", "the new secret, where the destination was registered by hand")
    .option("--overlap-seconds <n>", "how long the old one still verifies", "86400")
    .action(
      async (
        id: string,
        flags: ServerFlags & { readonly secretFile?: string; readonly overlapSeconds: string },
      ) => {
        const secret = flags.secretFile && (await readFile(flags.secretFile, "utf8")).trim();
        const path = `/integrations/${encodeURIComponent(id)}/rotate-secret`;
        const answer = (await callServer(flags, "POST", path, {
          overlap_seconds: Number(flags.overlapSeconds),
          ...(secret && { secret }),
        })) as IntegrationAnswer;
        const [, previous] = answer.webhook_secrets;
        print(flags, answer, [`Rotated. The one before verifies until ${previous?.expires_at ?? "now"}.`]);
      },
    );
  withServer(program.command("sync"))
    .description("Poll an integration's inventory now.")
    .argument("<integration-id>")
    .action(async (id: string, flags: ServerFlags) => {
      const path = `/integrations/${encodeURIComponent(id)}/sync`;
      const answer = (await callServer(flags, "POST", path)) as NonNullable<IntegrationAnswer["last_sync"]>;
      const { outcome, devices, detail } = answer;
      print(flags, answer, [`${outcome}, ${devices} devices${detail ? `: ${detail}` : ""}`]);
      if (outcome === "failed") process.exitCode = 1;
    });
}
