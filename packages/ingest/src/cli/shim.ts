import { serveShim } from "@convergint/profiles/shim";
import type { Command } from "commander";
import { credentialSchema, toCredential } from "../integrations/integration-body.ts";
import { fillSettings } from "../integrations/profile.ts";
import {
  type CredentialFlags,
  collectSetting,
  readCredential,
  readSecret,
  withCredential,
} from "./integration.ts";
import { openArgument } from "./profile.ts";
import { parsePort } from "./serve.ts";
import { ServerCallError } from "./server-call.ts";
import type { Terminal } from "./terminal.ts";

interface ShimFlags extends CredentialFlags {
  readonly baseUrl?: string;
  readonly setting?: Readonly<Record<string, string>>;
  readonly port: number;
  readonly host?: string;
  readonly publicUrl?: string;
  readonly allowLoopback?: boolean;
  readonly allowPrivateNetwork?: readonly string[];
}

async function run(argument: string, flags: ShimFlags, terminal: Terminal): Promise<void> {
  const profile = await openArgument(argument);
  const baseUrl = flags.baseUrl ?? profile.document.base_url;
  if (baseUrl === undefined)
    throw new ServerCallError("no_base_url", "The profile has no base URL. Add --base-url.");
  const secret = terminal.env["VENDOR_WEBHOOK_SECRET"];
  const note = (message: string) => void terminal.stderr.write(`${message}\n`);
  const shim = await serveShim(profile, {
    apiKey: readSecret(terminal, "SHIM_API_KEY"),
    baseUrl,
    credential: toCredential(credentialSchema.parse(await readCredential(flags, terminal))),
    settings: fillSettings(profile, flags.setting ?? {}),
    host: flags.host,
    port: flags.port,
    url: flags.publicUrl?.replace(/\/+$/, ""),
    allowLoopback: flags.allowLoopback,
    allowPrivateNetworks: flags.allowPrivateNetwork,
    ...(secret ? { webhookSecrets: [secret] } : {}),
    onFault: ({ message }) => note(message),
    onDelivery(report) {
      if (report.kind === "refused") return note(`refused a webhook of the vendor: ${report.error.message}`);
      const { delivery, unplaced } = report;
      for (const { detail } of delivery.refused) note(detail);
      for (const { word } of delivery.unmapped)
        note(`not posted, because no rule maps it: an event ${word ?? ""}`.trim());
      for (const id of unplaced) note(`not posted, because no listing has its device: the event ${id}`);
    },
    onError: (error) => note(String(error)),
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void shim.close());
  if (!secret) note("Without VENDOR_WEBHOOK_SECRET, the shim accepts no webhooks of the vendor.");
  // This line is printed last, because a program that reads the line may send a signal immediately.
  const ready = { base_url: shim.url, vendor_webhooks_url: secret ? shim.webhooksUrl : null };
  terminal.stdout.write(`${JSON.stringify(ready)}\n`);
}

/** Adds the command that serves a foreign cloud as the contract. It needs no running server. */
export function shimCommand(program: Command, terminal: Terminal): void {
  withCredential(program.command("shim"))
    .description(
      "Serve a foreign cloud as the contract, through a profile: its inventory, and its webhooks, signed again. For tests: endpoints and pending deliveries are kept in memory.",
    )
    .argument("<name|file>", "name of a shipped profile, or the file of a profile")
    .option("--base-url <url>", "the vendor's base URL (default: the profile's)")
    .option("--setting <name=value>", "value of a setting of the profile; repeatable", collectSetting)
    .option("--port <n>", "port to listen on; 0 picks a free one", parsePort, 0)
    .option("--host <address>", "address to listen on (default: 127.0.0.1)")
    .option(
      "--public-url <url>",
      "the URL at which callers reach the shim (default: the address that it listens on)",
    )
    .option("--allow-loopback", "post webhooks to this machine, also without TLS")
    .option("--allow-private-network <cidr...>", "private networks that webhooks may be posted to")
    .addHelpText(
      "after",
      `
Environment: VENDOR_API_KEY or VENDOR_CLIENT_SECRET, what the vendor issued; SHIM_API_KEY, the key that callers of the shim send;
             VENDOR_WEBHOOK_SECRET, what the vendor signs its webhooks with. The vendor posts to /vendor-webhooks.`,
    )
    .action((argument: string, flags: ShimFlags) => run(argument, flags, terminal));
}
