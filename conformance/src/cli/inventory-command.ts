import { createPublicKey } from "node:crypto";
import { Command } from "commander";
import type { z } from "zod";
import { inventorySettings } from "../config/receiver-settings.ts";
import { type ServedInventory, serveInventory } from "../suite/run-receiver.ts";
import { type CliContext, UsageError, waitForInterrupt } from "./context.ts";
import { readInput } from "./files.ts";
import { addSettings, type Flags, resolveFlags } from "./options.ts";

/** Reads the public key of the consumer. @throws {UsageError} if the file is not a public key */
async function readPublicKey(path: string, context: CliContext): Promise<string> {
  const text = (await readInput(context, "the public key", path)).toString("utf8");
  const advice = `${path} is not a public key. Give PEM that begins with -----BEGIN PUBLIC KEY-----, such as the output of openssl pkey -in private.pem -pubout.`;
  if (!text.includes("-----BEGIN PUBLIC KEY-----")) throw new UsageError(advice);
  try {
    createPublicKey(text);
    return text;
  } catch {
    throw new UsageError(advice);
  }
}

/**
 * Builds the settings of the inventory server; `null` if no inventory was requested.
 *
 * @throws {UsageError} if the port or the credential is missing
 */
export async function buildInventory(
  {
    inventoryPort: port,
    inventoryPublicUrl: publicUrl,
    inventoryKey: apiKey,
    inventoryPublicKeyFile: keyFile,
    pollSeconds = 0,
  }: z.infer<typeof inventorySettings>,
  context: CliContext,
): Promise<ServedInventory | null> {
  if (port === undefined) {
    if (publicUrl === undefined) return null;
    throw new UsageError("--inventory-public-url needs a port. Give the port with --inventory-port.");
  }
  if ((apiKey === undefined) === (keyFile === undefined)) {
    throw new UsageError(
      "The consumer needs a key to poll the inventory. Make up a key, and pass it with --inventory-key or in CONFORMANCE_INVENTORY_KEY. For a consumer that signs tokens, give its public key with --inventory-public-key-file instead.",
    );
  }
  const credential =
    keyFile === undefined ? { apiKey: String(apiKey) } : { publicKey: await readPublicKey(keyFile, context) };
  return { port, ...(publicUrl === undefined ? {} : { publicUrl }), credential, pollSeconds };
}

async function serve(flags: Flags, context: CliContext): Promise<void> {
  const { values } = resolveFlags(inventorySettings, flags, context);
  const inventory = await buildInventory(values, context);
  if (!inventory) throw new UsageError("Give the port of the inventory with --inventory-port.");
  const { org = "", site = "" } = values;
  const { server } = await serveInventory(inventory, { orgId: org, siteId: site });
  context.stderr.write(
    `· Serving the inventory at ${server.baseUrl}. Set up the consumer's integration with this URL. Press Ctrl-C to stop.\n`,
  );
  await waitForInterrupt(context);
  await server.close();
}

/** Creates `inventory`, which serves the inventory of `run receiver` while a consumer is being set up. */
export const inventoryCommand = (context: CliContext) =>
  addSettings(
    new Command("inventory").description(
      "Serve the inventory of `run receiver` while you set up a consumer to poll it.",
    ),
    inventorySettings,
  )
    .addHelpText(
      "after",
      `
Some consumers test a credential as soon as you enter it, before you have a webhook URL for run receiver. In this case,
serve the inventory, and set up the consumer's integration with the inventory's URL and key. Then stop this command, and
start the run on the same port.

Example: convergint-conformance inventory --inventory-port 9450 --inventory-key "$(openssl rand -hex 16)"`,
    )
    .action((flags: Flags) => serve(flags, context));
